import { type BaseMessage, mapChatMessagesToStoredMessages } from '@langchain/core/messages'
import type { RequestFacts, Scope } from 'countersign'
import type { CallOptions, Candidate } from './candidate.js'

/** Options that name the most an answer may have. */
const MAXIMA = ['max_completion_tokens', 'max_tokens', 'maxTokens', 'maxOutputTokens']
/** Ids that LangChain and LangGraph give messages, anew each time; providers give theirs other names. */
const RANDOM_ID = /^(?:run-|[\da-f]{8}-)/

/** What is known of a request before it is sent. */
export function factsOf(
  candidates: readonly [Candidate, ...Candidate[]],
  messages: readonly BaseMessage[],
  options: CallOptions,
  scope: Scope,
): RequestFacts<Candidate> {
  const [{ handle }] = candidates
  const { signal, promptIndex: _, ...rest } = options
  const stored = mapChatMessagesToStoredMessages([...messages]).map(({ type, data }) => ({
    type,
    data: withoutRandom(data),
  }))
  return {
    targets: candidates,
    // Tools, options and the model's own settings are in there, as LangChain's cache has them.
    body: [stored, handle._getSerializedCacheKeyParametersForCall(rest)],
    scope,
    signal,
    maxOutputTokens: maximumIn(options) ?? maximumIn(handle),
    tools: [...named(options['tools']), ...named(options['functions'])],
  }
}

function withoutRandom(data: { readonly id?: string | undefined }): object {
  const { id, ...rest } = data
  return id === undefined || RANDOM_ID.test(id) ? rest : { id, ...rest }
}

function maximumIn(settings: object): number | undefined {
  return MAXIMA.map(name => Reflect.get(settings, name) as unknown).find(
    (value): value is number => typeof value === 'number' && value > 0,
  )
}

interface NamedTool {
  readonly name?: unknown
  readonly type?: unknown
  readonly function?: { readonly name?: unknown }
}

/** A tool without a name, of the provider's own, goes by its type. */
function named(tools: unknown): readonly string[] {
  if (!Array.isArray(tools)) return []
  return (tools as readonly NamedTool[]).map(tool => String(tool.function?.name ?? tool.name ?? tool.type))
}
