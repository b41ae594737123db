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

/**
 * An evaluator's answer without the fields that a service left `null`, or why it cannot be used. It is read once: what is
 * checked is what is used.
 */
export function readEvaluation(raw: unknown): { readonly answer: Evaluation } | { readonly malformed: string } {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { malformed: 'the answer is not an object' }
  const answer = Object.fromEntries(Object.entries(raw).filter(([, value]) => isPresent(value))) as Evaluation
  const malformed = malformation(answer)
  return malformed === undefined ? { answer } : { malformed }
}

/** What a verdict hangs on must have the right type. */
function malformation(answer: Evaluation): string | undefined {
  const { findings, enforcementMode, enforcedVerdict, recommendation } = answer as {
    readonly [FIELD in keyof Evaluation]?: unknown
  }
  if (findings !== undefined && !(Array.isArray(findings) && findings.every(isFinding)))
    return 'the answer has malformed findings'
  if (enforcementMode !== undefined && typeof enforcementMode !== 'string')
    return 'the enforcement mode is not a string'
  if (enforcedVerdict !== undefined && typeof enforcedVerdict !== 'string')
    return 'the enforced verdict is not a string'
  if (recommendation !== undefined && typeof recommendation !== 'string') return 'the recommendation is not a string'
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
