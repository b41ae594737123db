import type { DecisionRecord } from 'countersign'
import { lookAt } from '../../../src/learn/look.js'
import { SIGNAL_NAMES } from '../../../src/learn/signal-names.js'
import { signalsOf } from '../../../src/learn/signals.js'
import { decodeView } from '../../../src/learn/stored-view.js'
import { Trajectory } from '../../../src/learn/trajectory.js'
import { fieldsOf, isGiven, numberOf, textOf } from './sent.js'

/** Changes when a feature is added, or means something else. */
export const SCHEMA_VERSION = 1

/** Features by name; null is what is not known of this case. */
export type Features = Readonly<Record<string, number | null>>

/** The features of a case, and where they are from. */
export interface Measured {
  /** `recorded`: as they were when it was decided, with what was learnt by then. `computed`: from what was sent, by itself. */
  readonly source: 'recorded' | 'computed'
  readonly features: Features
}

/** One feature there is. */
export interface FeatureKind {
  readonly key: string
  readonly group: string
  readonly says: string
  /** `bin`: a whole number of 0..31. */
  readonly type: 'number' | 'share' | 'bin'
  readonly needsPast: boolean
}

const past = (key: string, type: FeatureKind['type'], says: string): FeatureKind => ({
  key,
  group: 'estimate',
  says,
  type,
  needsPast: true,
})

/** All features, in their order. */
export const FEATURES: readonly FeatureKind[] = [
  { key: 'value', group: 'call', says: 'how much is at stake', type: 'number', needsPast: false },
  past('risk', 'share', 'probability that a person would refuse the call, or the world punish it'),
  past('error_risk', 'share', 'probability that the tool fails'),
  past('projected_regret', 'number', 'expected cost of following the advice, in questions to a person'),
  past('evidence_exact', 'number', 'labelled cases of exactly this call'),
  past('evidence_nearly', 'number', 'labelled cases that differ from it in one value'),
  past('evidence_tool', 'number', 'labelled cases of its tool in its domain'),
  past('familiar', 'share', 'share of the values it names that were in labelled calls before'),
  ...SIGNAL_NAMES.map(({ key, group, says, needsPast = false }): FeatureKind => ({
    key,
    group,
    says,
    type: 'bin',
    needsPast,
  })),
]

/** The features of a decision, as they were when it was decided; nothing where it was decided without learning, or was erased. */
export function featuresOfDecision({ learned, sessionId, value }: DecisionRecord): Measured | undefined {
  const view = learned?.view === undefined ? undefined : decodeView(learned.view, sessionId)
  if (learned === undefined || view === undefined) return undefined
  const { risk, errorRisk, projectedRegret, evidence } = learned
  return {
    source: 'recorded',
    features: {
      value: value ?? null,
      risk,
      error_risk: errorRisk,
      projected_regret: projectedRegret,
      evidence_exact: evidence.exact,
      evidence_nearly: evidence.nearly,
      evidence_tool: evidence.tool,
      familiar: evidence.familiar,
      ...Object.fromEntries(SIGNAL_NAMES.map(({ key }, index) => [key, view.signals[index] ?? null])),
    },
  }
}

/**
 * The features of a call as it was sent, looked at by itself: what needs a past is null. Takes `tool` or `action`,
 * `arguments` (or `input`), `context` (the user's words, or an object with `request`), `provenance` and `value`, at the top or
 * in an object `action`.
 */
export function featuresOfSent(sent: Readonly<Record<string, unknown>>): Measured {
  const call = { ...fieldsOf(sent['action']), ...sent }
  const action = fieldsOf(sent['action'])
  const tool =
    textOf(call['tool']) ?? textOf(action['tool']) ?? textOf(action['action']) ?? textOf(sent['action']) ?? ''
  const context = textOf(call['context']) ?? textOf(fieldsOf(call['context'])['request'])
  const provenance = fieldsOf(call['provenance']) as Readonly<Record<string, string>>
  const input = isGiven(call['arguments']) ? call['arguments'] : (call['input'] ?? {})
  const look = lookAt({ tool, input, context, provenance, domain: textOf(call['domain']) }, new Trajectory())
  const signals = signalsOf(look, () => false, NOTHING_LEARNT)
  const known = Object.fromEntries(
    SIGNAL_NAMES.map(({ key, needsPast }, index) => [key, needsPast === true ? null : (signals[index] ?? null)]),
  )
  const unknown = Object.fromEntries(FEATURES.map(({ key }) => [key, null]))
  return { source: 'computed', features: { ...unknown, ...known, value: numberOf(call['value']) ?? null } }
}

const NOTHING_LEARNT = { logOdds: [], evidence: [], base: 0, familiar: 1 }

/** What differs between two. `changedOnly`: leaves out what is the same. */
export function differences(a: Features, b: Features, changedOnly: boolean) {
  return FEATURES.map(({ key, group }) => {
    const [first, second] = [a[key] ?? null, b[key] ?? null]
    const delta = first === null || second === null ? null : second - first
    return { feature: key, group, a: first, b: second, delta, changed: first !== second }
  }).filter(({ changed }) => changed || !changedOnly)
}
