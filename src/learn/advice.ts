import type { Confidence, Recommendation } from '../types.js'
import type { RiskEvidence } from './estimate.js'

/** What being wrong costs, in units of one question to a person. */
export interface Costs {
  /** Letting a call through that a person would have refused. @defaultValue 20 */
  readonly error: number
  /** Refusing a call that was in order. @defaultValue 5 */
  readonly refusal: number
}

/** What holds where nothing is said. */
export const DEFAULT_COSTS: Costs = { error: 20, refusal: 5 }

/** Standard errors of an interval that holds the truth nine times out of ten, if the estimate is a rate. */
const Z = 1.645

/**
 * What is advised for a call of some risk: what costs least on average (Elkan, The Foundations of Cost-Sensitive Learning,
 * IJCAI 2001). Letting through costs risk × `error`, asking 1, refusing (1 − risk) × `refusal`. Where letting through is best by the
 * estimate and not by the upper end of its interval, it is advised with caution.
 */
export function recommend(risk: number, evidence: RiskEvidence, costs: Costs): Recommendation {
  if (cheapest(risk, costs) === 'refuse') return 'do_not_proceed'
  if (cheapest(risk, costs) === 'ask') return 'review_recommended'
  const upper = Math.min(1, risk + halfWidth(risk, evidence))
  return cheapest(upper, costs) === 'proceed' ? 'proceed' : 'proceed_with_caution'
}

/** What following the advice is expected to cost beyond what knowing the answer would, in questions: 0 where nothing can be lost. */
export function projectedRegret(risk: number, costs: Costs): number {
  return Math.min(risk * costs.error, 1, (1 - risk) * costs.refusal)
}

/**
 * How sure an estimate is: `high` where nine times out of ten a rate seen as often as this one is within 0.05 of it,
 * `medium` within 0.15 (normal approximation of the Beta posterior), else `low`.
 */
export function confidenceOf(risk: number, evidence: RiskEvidence): Confidence {
  const width = halfWidth(risk, evidence)
  if (width <= 0.05) return 'high'
  return width <= 0.15 ? 'medium' : 'low'
}

/** Labelled cases that speak of a call: of exactly this one, of ones that differ in one value, and, as far as its values are known, of its tool. */
function evidenceCount({ exact, nearly, tool, familiar }: RiskEvidence): number {
  return exact + nearly + tool * familiar
}

function halfWidth(risk: number, evidence: RiskEvidence): number {
  // One case of each kind besides, so that no evidence is never no doubt.
  const count = evidenceCount(evidence) + 2
  const rate = (risk * (count - 2) + 1) / count
  return Z * Math.sqrt((rate * (1 - rate)) / count)
}

function cheapest(risk: number, { error, refusal }: Costs): 'proceed' | 'ask' | 'refuse' {
  const letThrough = risk * error
  const refuse = (1 - risk) * refusal
  if (letThrough <= 1 && letThrough <= refuse) return 'proceed'
  return refuse < 1 ? 'refuse' : 'ask'
}
