import type { RiskCase } from './case.js'
import type { Commonness } from './commonness.js'
import { fieldsOf, scalesOfFields } from './fields.js'
import { rateKeys, type RateKeys, type RateScores } from './hierarchy.js'
import { IDEA_BITS, ideasOf } from './ideas.js'
import { lookAt, SOURCES, type Look } from './look.js'
import { signalsOf, type Seen } from './signals.js'
import { sparseFeatures } from './sparse.js'
import { tokensOf } from './tokens.js'
import type { Made, Trajectory } from './trajectory.js'

/** Bits of the tables that sparse features point into. */
export const FEATURE_BITS = 18
/** Bits of the table of ideas. */
export { IDEA_BITS }

/** Everything that is kept of a case between predicting and learning: about 3 kB, and none of its texts. */
export interface View {
  readonly trajectoryId: string | undefined
  /** What the run will remember of it. */
  readonly made: Made
  readonly sparse: readonly number[]
  readonly scales: readonly number[]
  readonly fields: readonly number[]
  readonly fieldScales: readonly number[]
  readonly keys: RateKeys
  readonly signals: Uint8Array
  readonly ideas: readonly number[]
  readonly ideaScales: readonly number[]
  /** Tokens by which similar cases are found. */
  readonly tokens: readonly number[]
  /** How many of them are values; the others are words. */
  readonly strongTokens: number
  /** What the calls of the run before it leant to, beyond the base rate. */
  readonly lean: number
}

/** What a view is made with. */
export interface Eye {
  readonly common: Commonness
  readonly commonIdeas: Commonness
  readonly seen: Seen
  readonly rates: (view: Pick<View, 'keys'>) => RateScores
}

/** Takes a case apart into what the components learn from, and the rates that its signals show. */
export function viewOf(call: RiskCase, trajectory: Trajectory, eye: Eye): { view: View; rates: RateScores } {
  const look = lookAt(call, trajectory)
  const keys = rateKeys(look)
  const rates = eye.rates({ keys })
  const sparse = sparseFeatures(look, FEATURE_BITS)
  const signals = signalsOf(look, eye.seen, rates)
  const ideas = ideasOf(signals)
  const fields = fieldsOf(look)
  const { tokens, strong } = tokensOf(look)
  const view: View = {
    trajectoryId: call.trajectoryId,
    made: madeOf(look),
    sparse,
    scales: eye.common.scales(sparse),
    fields,
    fieldScales: scalesOfFields(fields),
    keys,
    signals,
    ideas,
    ideaScales: eye.commonIdeas.scales(ideas),
    tokens,
    strongTokens: strong,
    lean: trajectory.lean,
  }
  return { view, rates }
}

function madeOf(look: Look): Made {
  const { tool, toolWords, exact, verb, asOrigin, said, values } = look
  const words = [...toolWords]
  for (const value of values) for (const word of value.words) words.push(word)
  return {
    tool,
    toolWords,
    exact,
    verb,
    asOrigin,
    said,
    takesToolValues: values.some(({ source }) => source === SOURCES.tool),
    values: values.map(({ leaf }) => leaf.hash),
    words,
  }
}
