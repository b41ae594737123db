import { present } from '../ambient.js'
import { GovernanceError, isGovernanceError } from '../errors.js'
import { combine, reasonOf } from '../evaluate/combine.js'
import type { Evaluation, Evaluator } from '../evaluate/evaluator.js'
import { type LocalAnswer, recommendationOf, type Unlisted, unlistedFinding } from '../evaluate/local.js'
import type { WindowSpend } from '../store/store.js'
import type {
  Confidence,
  DecisionResult,
  EnforcementMode,
  EvaluationRequest,
  FailMode,
  Fallback,
  Finding,
  Learned,
  Recommendation,
  ServiceFacts,
} from '../types.js'
import { recordable } from './answer.js'
import { failDecision, type FailModeOption, failModeFor } from './fail-mode.js'
import { resolveAnswer, resolveFindings, stricter } from './mode.js'

/** What a call comes to, before it is recorded. */
export interface Verdict {
  readonly findings: readonly Finding[]
  /** What the call spends of its limits if it is let through. */
  readonly spends: readonly WindowSpend[]
  readonly result: DecisionResult
  readonly reason: string
  readonly mode: EnforcementMode
  readonly recommendation?: Recommendation
  readonly confidence?: Confidence
  readonly riskScore?: number
  readonly evaluator: string
  /** What was learnt of calls like it. */
  readonly learned?: Learned
  /** What a decision service said. */
  readonly service?: ServiceFacts
  /** Whose word was taken because the evaluator could not be asked. */
  readonly fallback?: Fallback
  /** The grant that lets it through instead of a person. */
  readonly grantId?: string
  /** The fail mode that decided, and what had gone wrong. */
  readonly failure?: { readonly failMode: FailMode; readonly error: unknown }
}

/** What concluding needs of a governor. */
export interface Rulebook {
  /** Who is asked besides the policy; the local engine alone when absent. */
  readonly evaluator: Evaluator | undefined
  readonly mode: EnforcementMode
  readonly failMode: FailModeOption
  readonly unlisted: Unlisted
}

/** What was learned of a call: the findings of the local engine, and the answer of the evaluator if one was asked. */
export interface Evidence {
  readonly local: LocalAnswer
  readonly answer?: Evaluation
  readonly failure?: { readonly error: unknown }
}

/** What the evidence comes to. */
export function conclude(court: Rulebook, request: EvaluationRequest, evidence: Evidence): Verdict {
  const { local, answer, failure } = evidence
  if (failure !== undefined) return concludeFailure(court, request, local, failure.error)
  if (answer?.fallback === 'local') return { ...concludeLocal(court, request, local), fallback: 'local' }
  return answer === undefined ? concludeLocal(court, request, local) : concludeAnswer(court, request, local, answer)
}

/** The policy alone decides. */
function concludeLocal(court: Rulebook, request: EvaluationRequest, local: LocalAnswer): Verdict {
  const findings = local.findings.length > 0 ? local.findings : [unlistedFinding(request, court.unlisted)]
  const result = resolveFindings(findings, court.mode)
  return {
    findings,
    spends: local.spends,
    result,
    reason: reasonOf(findings, combine(findings) ?? 'deny'),
    mode: court.mode,
    evaluator: 'local',
    ...recommendationOf(findings),
  }
}

/** Findings, the policy's and the evaluator's own, can tighten what the evaluator answered, never loosen it. */
function concludeAnswer(court: Rulebook, request: EvaluationRequest, local: LocalAnswer, answer: Evaluation): Verdict {
  const resolution = resolveAnswer(answer, court.mode)
  if ('malformed' in resolution) {
    const error = new GovernanceError('evaluation-failed', `the evaluator answered with ${resolution.malformed}`)
    return { ...concludeFailure(court, request, local, error), ...present({ service: answer.service }) }
  }
  const mode = (answer.enforcementMode as EnforcementMode | undefined) ?? court.mode
  const findings = [...local.findings, ...(answer.findings ?? [])]
  const own = stricter(meaning(local.findings, court.mode), meaning(answer.findings ?? [], mode))
  const result = stricter(resolution.result, own)
  const reason = [
    reasonOf(local.findings, combine(local.findings) ?? 'allow'),
    answer.reason ?? reasonOf(answer.findings ?? [], combine(answer.findings ?? []) ?? 'allow'),
  ]
  return {
    findings,
    spends: local.spends,
    result,
    reason:
      reason.filter(part => typeof part === 'string' && part !== '').join('; ') ||
      `${court.evaluator?.name ?? 'remote'} answered ${result}`,
    mode,
    evaluator: court.evaluator?.name ?? 'remote',
    ...recordable(answer),
    ...present({ service: answer.service, fallback: answer.fallback }),
  }
}

/** Rules that did answer are not forgotten because one could not: an open fail mode never lifts a deny. */
function concludeFailure(
  court: Pick<Rulebook, 'failMode' | 'mode' | 'evaluator'>,
  request: EvaluationRequest,
  local: LocalAnswer,
  error: unknown,
): Verdict {
  const failMode = failModeFor(court.failMode, request)
  const fail = failDecision(failMode, safeReason(error))
  const own = meaning(local.findings, court.mode)
  const result = stricter(fail.result, own)
  const ownReason = own === 'allowed' ? [] : [reasonOf(local.findings, combine(local.findings) ?? 'deny')]
  const failed = result === fail.result
  return {
    findings: local.findings,
    spends: local.spends,
    result,
    reason: (failed ? [fail.reason, ...ownReason] : [...ownReason, fail.reason]).join('; '),
    mode: court.mode,
    ...(failed ? { recommendation: fail.recommendation } : recommendationOf(local.findings)),
    evaluator: court.evaluator?.name ?? 'local',
    failure: { failMode, error },
  }
}

/**
 * What a verdict becomes that could not be stored: the fail mode decides over what would have been allowed; what was
 * refused stays refused, and what was to be held is refused, because no request could be opened.
 */
export function concludeUnstored(
  court: Pick<Rulebook, 'failMode' | 'mode' | 'evaluator'>,
  request: EvaluationRequest,
  verdict: Verdict,
  error: GovernanceError,
): Verdict {
  if (verdict.result === 'allowed') {
    return concludeFailure(court, request, { findings: verdict.findings, spends: [] }, error)
  }
  const { reason } = failDecision('closed', error.message)
  return {
    ...verdict,
    spends: [],
    result: 'blocked',
    reason: `${reason}; ${verdict.reason}`,
    failure: { failMode: 'closed', error },
  }
}

/** What findings mean beside another answer: nothing, where there are none. */
export function meaning(findings: readonly Finding[], mode: EnforcementMode): DecisionResult {
  return findings.length === 0 ? 'allowed' : resolveFindings(findings, mode)
}

/** What may be shown of an error: our own words, or the kind of a foreign one, whose text may hold a secret. */
function safeReason(error: unknown): string {
  // A store's message may quote its file system.
  if (isGovernanceError(error, 'store-failed') || isGovernanceError(error, 'unsupported-schema'))
    return 'the store failed'
  if (isGovernanceError(error)) return error.message
  const name = error instanceof Error ? error.name : ''
  return /^\w{1,40}$/.test(name) ? `the evaluation threw ${name}` : 'the evaluation threw'
}

/** A call that may not run whatever the policy and the fail mode say. */
export function rejectCall({ mode }: Pick<Rulebook, 'mode'>, rule: string, error: GovernanceError): Verdict {
  const findings: Finding[] = [{ rule, effect: 'deny', hard: true, reason: error.message }]
  return {
    findings,
    spends: [],
    result: 'blocked',
    reason: error.message,
    mode,
    evaluator: 'local',
    recommendation: 'do_not_proceed',
    confidence: 'high',
  }
}
