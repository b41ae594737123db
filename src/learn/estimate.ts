import type { ErrorScore } from './error-head.js'
import { LEVELS } from './hierarchy.js'
import { probability } from './logistic.js'
import type { Mixed } from './mix.js'
import { COMPONENTS, type PartScores } from './parts.js'
import type { View } from './view.js'

/** What is kept of a case between predicting and learning, for as long as its label may come: about 4 kB, and no texts. */
export interface CaseFeatures {
  readonly view: View
  readonly mixed: Mixed
  readonly error: ErrorScore
  /** What the last forest saw beside the signals. */
  readonly shown: Uint8Array
  /** What was told without knowing the tool, as log odds. */
  readonly general: number
  /** Number of the case among the precedents, once it is one. */
  caseNumber: number
}

/** How much a prediction stands on: labelled cases, each by its weight, of which the older ones fade. */
export interface RiskEvidence {
  /** Of exactly this call. */
  readonly exact: number
  /** Of calls that differ from it in one value. */
  readonly nearly: number
  /** Of the same tool in the same domain. */
  readonly tool: number
  /** Share of the values it names that were in labelled calls before, 0..1; 1 where it names none. */
  readonly familiar: number
}

/** What is to be expected of a call. */
export interface RiskEstimate {
  /** Probability, over 0 and under 1, that a person would refuse the call or the world punish it. */
  readonly risk: number
  /** Probability that the tool fails. */
  readonly errorRisk: number
  readonly evidence: RiskEvidence
  /** What each component says by itself, as log odds, by its name. */
  readonly parts: Readonly<Record<string, number>>
  /** To observe and learn with. */
  readonly features: CaseFeatures
}

const EXACT = LEVELS.findIndex(({ name }) => name === 'exact')
const TOOL = LEVELS.findIndex(({ name }) => name === 'toolDomain')
const NEARLY = LEVELS.length
const GENERAL = COMPONENTS.indexOf('general')

/** An estimate whose parts are put together only for whoever asks: a class, because a getter of each object's own is slow to make. */
class Estimate implements RiskEstimate {
  readonly risk: number
  readonly errorRisk: number
  readonly evidence: RiskEvidence
  readonly features: CaseFeatures
  readonly #raw: readonly number[]

  constructor(risk: number, errorRisk: number, evidence: RiskEvidence, features: CaseFeatures, raw: readonly number[]) {
    this.risk = risk
    this.errorRisk = errorRisk
    this.evidence = evidence
    this.features = features
    this.#raw = raw
  }

  get parts(): Readonly<Record<string, number>> {
    return Object.fromEntries(COMPONENTS.map((name, index) => [name, this.#raw[index] ?? 0]))
  }
}

/** Puts an estimate together. */
export function estimateOf(view: View, scores: PartScores, mixed: Mixed, error: ErrorScore): RiskEstimate {
  const { raw, rates, shown } = scores
  const { evidence, familiar } = rates
  const known = {
    exact: evidence[EXACT] ?? 0,
    nearly: evidence[NEARLY] ?? 0,
    tool: evidence[TOOL] ?? 0,
    familiar,
  }
  const features = { view, mixed, error, shown, general: raw[GENERAL] ?? 0, caseNumber: -1 }
  return new Estimate(probability(mixed.logOdds), probability(error.logOdds), known, features, raw)
}
