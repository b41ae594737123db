/** What a signal is about. */
type SignalGroup = 'sources' | 'entities' | 'request' | 'history' | 'reputation'

/** A signal by its name, in the order in which `signalsOf` writes them. Shares and rates are in steps of about 1/30. */
export interface SignalName {
  readonly key: string
  readonly group: SignalGroup
  readonly says: string
  /** It needs the run or what was learnt of other calls: it says nothing of a call that is looked at by itself. */
  readonly needsPast?: boolean
}

type Row = readonly [key: string, says: string, needsPast?: true]

const SOURCES: readonly Row[] = [
  ['values', 'values in the input'],
  ['sources_known', 'whether it is known where any of them came from'],
  ['from_user', 'share of the values that the user said'],
  ['from_tools', 'share of the values that came from an earlier tool result'],
  ['from_model', "share of the values that are the model's own"],
  ['tool_values', 'values that came from an earlier tool result'],
  ['text_words_user', 'words of longer texts that the user said'],
  ['text_words_tools', 'words of longer texts that came from a tool result'],
  ['text_words_model', "words of longer texts that are the model's own"],
  ['origins', 'tools that values came from'],
  ['from_last_call', "share of the tools' values that came from the last call", true],
  ['repeated', 'share of the values that were in a call of this run before', true],
]

const ENTITIES: readonly Row[] = [
  ['entities', 'values that name a thing or person'],
  ['entities_user', 'of those, from the user'],
  ['entities_tools', 'of those, from a tool result'],
  ['entities_model', "of those, the model's own"],
  ['unsaid_unknown', 'names of unknown source that the user did not say'],
  ['unsaid_user', 'names from the user that are not in the request as such'],
  ['unsaid_tools', 'names from a tool result that the user did not say'],
  ['unsaid_model', "names of the model's own that the user did not say"],
  ['entity_least_said', 'of the name that the user said least: how much'],
  ['values_seen', 'share of the values that were in any call before', true],
  ['entities_seen', 'share of the names that were in any call before', true],
  ['numbers_said', 'share of the large numbers that the user said'],
  ['numbers_from_tools', 'share of the large numbers that came from a tool result'],
]

const REQUEST: readonly Row[] = [
  ['words_said', 'share of the words of the values that the user said'],
  ['value_most_said', 'of the value that the user said most: how much'],
  ['value_least_said', 'of the value that the user said least: how much'],
  ['fresh_words', 'words of the request that no call of this run has used before', true],
  ['tool_said', "share of the words of the tool's name that the user said"],
  ['verb', "class of the verb in the tool's name"],
  ['verb_said', 'whether the request has a verb of this class'],
  ['request_words', 'words of the request, in fours'],
  ['request_used', 'share of the request that calls of this run have used', true],
  ['words', 'words of the values, as a logarithm'],
  ['field_most_said', "of the field's name that the user said most: how much"],
  ['fields_said', "mean over the fields' names of how much the user said"],
  ['origin_said', 'how far the user pointed at what values came from, on average', true],
  ['origin_least_said', 'how far the user pointed at what values came from, at least', true],
  ['origin_related', 'words that this tool shares with those that values came from', true],
  ['nothing_said', 'whether no word of the values was said'],
]

const HISTORY: readonly Row[] = [
  ['calls', 'calls of this run so far', true],
  ['effects', 'of those, calls that change something', true],
  ['errors', 'of those, calls that failed', true],
  ['calls_since_error', 'calls since one failed', true],
  ['times_tool', 'times this tool was called in this run', true],
  ['times_exactly', 'times this very call was made in this run', true],
  ['last_verb', 'class of the verb of the call before', true],
  ['same_verb', 'whether it is the same', true],
  ['same_tool', 'whether the call before was of the same tool', true],
  ['last_risk', 'risk of the call before, as log odds', true],
  ['highest_risk', 'highest risk in this run, as log odds', true],
  ['distinct_tools', 'tools that were called in this run', true],
  ['calls_with_tool_values', 'calls of this run that took a value from a tool result', true],
]

const REPUTATION: readonly Row[] = [
  ['best_entity_evidence', 'labelled calls with the best reputed of the names', true],
  ['best_entity_risk', 'what those say, as log odds', true],
  ['worst_entity_evidence', 'labelled calls with the worst reputed of the names', true],
  ['worst_entity_risk', 'what those say, as log odds', true],
  ['actor_evidence', 'labelled calls by this actor', true],
  ['actor_risk', 'what those say, as log odds', true],
]

const GROUPS = { sources: SOURCES, entities: ENTITIES, request: REQUEST, history: HISTORY, reputation: REPUTATION }

/** All signals, in their order. */
export const SIGNAL_NAMES: readonly SignalName[] = Object.entries(GROUPS).flatMap(([group, rows]) =>
  rows.map(([key, says, needsPast = false]) => ({ key, group: group as SignalGroup, says, needsPast })),
)
