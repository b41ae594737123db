import { EFFECTS } from '../evaluate/combine.js'
import type { Evaluation } from '../evaluate/evaluator.js'
import type { Confidence, Effect, Recommendation } from '../types.js'

const CONFIDENCES: readonly unknown[] = ['high', 'medium', 'low'] satisfies Confidence[]
/** The recommendations there are. */
export const RECOMMENDATIONS: readonly unknown[] = [
  'proceed',
  'proceed_with_caution',
  'review_recommended',
  'do_not_proceed',
] satisfies Recommendation[]

/** Why an evaluator's answer cannot be used, or nothing. What a verdict hangs on must have the right type. */
export function malformation(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return 'the answer is not an object'
  const { findings, enforcementMode, enforcedVerdict, recommendation } = answer as Record<keyof Evaluation, unknown>
  if (isPresent(findings) && !(Array.isArray(findings) && findings.every(isFinding)))
    return 'the answer has malformed findings'
  if (isPresent(enforcementMode) && typeof enforcementMode !== 'string') return 'the enforcement mode is not a string'
  if (isPresent(enforcedVerdict) && typeof enforcedVerdict !== 'string') return 'the enforced verdict is not a string'
  if (isPresent(recommendation) && typeof recommendation !== 'string') return 'the recommendation is not a string'
  return undefined
}

/** The parts of an answer that are only recorded; what has the wrong type is left out. */
export function recordable(
  answer: Evaluation,
): Pick<Evaluation, 'confidence' | 'riskScore'> & { readonly recommendation?: Recommendation } {
  const { recommendation, confidence, riskScore } = answer
  return {
    ...(RECOMMENDATIONS.includes(recommendation) ? { recommendation: recommendation as Recommendation } : {}),
    ...(confidence !== undefined && CONFIDENCES.includes(confidence) ? { confidence } : {}),
    ...(typeof riskScore === 'number' && riskScore >= 0 && riskScore <= 1 ? { riskScore } : {}),
  }
}

function isFinding(finding: unknown): boolean {
  if (typeof finding !== 'object' || finding === null) return false
  const { rule, effect, reason } = finding as Record<string, unknown>
  return typeof rule === 'string' && typeof reason === 'string' && EFFECTS.includes(effect as Effect)
}

/** A service writes `null` for a field it does not fill. */
function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** The same answer without the fields that a service left `null`. */
export function withoutNulls(answer: Evaluation): Evaluation {
  return Object.fromEntries(Object.entries(answer).filter(([, value]) => isPresent(value)))
}
