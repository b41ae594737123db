import { combine } from '../evaluate/combine.js'
import type { Evaluation } from '../evaluate/evaluator.js'
import type { DecisionResult, Effect, EnforcementMode, Finding } from '../types.js'
import { RECOMMENDATIONS } from './answer.js'

/** A result, or why the answer is none: a malformed answer is never an allow, it is the fail mode. */
export type Resolution = { readonly result: DecisionResult } | { readonly malformed: string }

const RESULT_OF_EFFECT: Readonly<Record<Effect, DecisionResult>> = {
  allow: 'allowed',
  require_approval: 'requires_approval',
  deny: 'blocked',
}

/**
 * What findings of the local engine mean in a mode. In `advisory`, only a hard deny blocks; in `review` and `enforced`,
 * findings decide: deny blocks, a doubt is held.
 */
export function resolveFindings(findings: readonly Finding[], mode: EnforcementMode): DecisionResult {
  if (findings.some(finding => finding.effect === 'deny' && finding.hard === true)) return 'blocked'
  if (mode === 'advisory') return 'allowed'
  return RESULT_OF_EFFECT[combine(findings) ?? 'deny']
}

/** What the answer of an evaluator other than the local engine means, by the table in docs/modes.md. */
export function resolveAnswer(answer: Evaluation, mode: EnforcementMode): Resolution {
  if (isLegacy(answer)) return { result: legacyResult(answer) }
  switch (answer.enforcementMode ?? mode) {
    case 'enforced':
      return { result: enforcedResult(answer) }
    case 'review':
      return { result: reviewResult(answer) }
    case 'advisory':
      return advisoryResult(answer)
    default:
      return { malformed: 'an unknown enforcement mode' }
  }
}

/** An older service gives no mode, no recommendation and no verdict: only `allowed` or `result`. */
function isLegacy({ enforcementMode, recommendation, enforcedVerdict, findings }: Evaluation): boolean {
  return [enforcementMode, recommendation, enforcedVerdict, findings].every(field => field === undefined)
}

function enforcedResult(answer: Evaluation): DecisionResult {
  switch (answer.enforcedVerdict ?? verdictOfFindings(answer)) {
    case 'allowed':
    case 'proceed':
      return 'allowed'
    case 'requires_approval':
      return 'requires_approval'
    default:
      return 'blocked'
  }
}

/** Findings are an explicit verdict: an evaluator that speaks in rules need not repeat itself. */
function verdictOfFindings(answer: Evaluation): DecisionResult | undefined {
  const effect = combine(answer.findings ?? [])
  return effect === undefined ? undefined : RESULT_OF_EFFECT[effect]
}

function reviewResult(answer: Evaluation): DecisionResult {
  switch (recommendationIn(answer)) {
    case 'proceed':
      return 'allowed'
    case 'do_not_proceed':
      return 'blocked'
    default:
      return 'requires_approval'
  }
}

function advisoryResult(answer: Evaluation): Resolution {
  const recommendation = recommendationIn(answer)
  if (recommendation === undefined) return { result: legacyResult(answer) }
  if (!RECOMMENDATIONS.includes(recommendation)) return { malformed: 'an unknown recommendation' }
  if (recommendation === 'do_not_proceed') return { result: 'blocked' }
  // Typed as booleans, but written by others: anything that is set and is not `false` asks.
  const held = recommendation === 'review_recommended' && (asks(answer.requiresApproval) || asks(answer.humanReview))
  return { result: held ? 'requires_approval' : 'allowed' }
}

function asks(flag: unknown): boolean {
  return flag !== undefined && flag !== false
}

function recommendationIn(answer: Evaluation): string | undefined {
  if (answer.recommendation !== undefined) return answer.recommendation
  const verdict = verdictOfFindings(answer)
  return verdict === undefined
    ? undefined
    : { allowed: 'proceed', requires_approval: 'review_recommended', blocked: 'do_not_proceed' }[verdict]
}

function legacyResult(answer: Evaluation): DecisionResult {
  if (answer.allowed === true) return 'allowed'
  return answer.result === 'requires_approval' ? 'requires_approval' : 'blocked'
}

const SEVERITY: readonly DecisionResult[] = ['allowed', 'requires_approval', 'blocked']

/** The stricter of two results: what is asked second can only tighten. */
export function stricter(a: DecisionResult, b: DecisionResult): DecisionResult {
  return SEVERITY.indexOf(a) >= SEVERITY.indexOf(b) ? a : b
}
