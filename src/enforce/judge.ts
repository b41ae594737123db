import { type Clock, isPromiseLike } from '../ambient.js'
import type { CapturedCall } from '../capture/request.js'
import { GovernanceError, isGovernanceError } from '../errors.js'
import { combine, reasonOf } from '../evaluate/combine.js'
import type { Evaluation, Evaluator } from '../evaluate/evaluator.js'
import {
  askPolicy,
  type EngineStore,
  type LocalAnswer,
  recommendationOf,
  type Unlisted,
  unlistedFinding,
} from '../evaluate/local.js'
import type { Policy } from '../evaluate/policy.js'
import type { WindowSpend } from '../store/store.js'
import type {
  Awaitable,
  Confidence,
  DecisionResult,
  EnforcementMode,
  EvaluationRequest,
  FailMode,
  Finding,
  Recommendation,
} from '../types.js'
import { malformation, recordable, withoutNulls } from './answer.js'
import { withDeadline } from './deadline.js'
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
  /** The fail mode that decided, and what had gone wrong. */
  readonly failure?: { readonly failMode: FailMode; readonly error: unknown }
}

/** All that judging needs; one per governor. */
export interface Court {
  readonly policy: Policy
  readonly store: EngineStore
  /** Who is asked besides the policy; the local engine alone when absent. */
  readonly evaluator: Evaluator | undefined
  readonly mode: EnforcementMode
  readonly failMode: FailModeOption
  readonly unlisted: Unlisted
  /** Milliseconds an evaluation may take in all. */
  readonly deadlineMs: number
  readonly clock: Clock
}

/** What was learned of a call: the findings of the local engine, and the answer of the evaluator if one was asked. */
interface Evidence {
  readonly local: LocalAnswer
  readonly answer?: Evaluation
  readonly failure?: { readonly error: unknown }
}

/**
 * Evaluates a call and enforces the answer. Never throws and never rejects: whatever goes wrong is the fail mode, and
 * what the other rules found still stands. Stays synchronous where nothing had to be waited for.
 */
export function judge(court: Court, { request, problem }: CapturedCall): Awaitable<Verdict> {
  if (problem?.kind === 'input') return rejectInput(court, problem.error)
  const failure = problem === undefined ? undefined : { error: problem.error }
  const { policy, store, evaluator } = court
  const wait = timeLimit(court, request.at)
  const ask = (): Awaitable<LocalAnswer> => askPolicy(policy, store, request, wait)
  // A pattern engine that does not load fails the rules that need it, and no others.
  const local = policy.ready === undefined ? ask() : wait(policy.ready()).then(ask, ask)
  if (!isPromiseLike(local) && evaluator === undefined) return conclude(court, request, withFailure(local, failure))
  return consult(court, request, local, failure, wait).then(evidence => conclude(court, request, evidence))
}

/** A call that may not run whatever the policy and the fail mode say: nothing can be bound to an input without a fingerprint. */
export function rejectInput(court: Pick<Court, 'mode'>, error: GovernanceError): Verdict {
  const findings: Finding[] = [{ rule: 'invalid-call', effect: 'deny', hard: true, reason: error.message }]
  return {
    findings,
    spends: [],
    result: 'blocked',
    reason: error.message,
    mode: court.mode,
    evaluator: 'local',
    recommendation: 'do_not_proceed',
    confidence: 'high',
  }
}

type Wait = <T>(work: PromiseLike<T>, abort?: AbortController) => Promise<T>

/** One deadline for everything that an evaluation waits for. */
function timeLimit({ clock, deadlineMs }: Court, startedAt: number): Wait {
  return (work, abort) => withDeadline(work, Math.max(0, deadlineMs - (clock.now() - startedAt)), clock, abort)
}

/** The policy first, then the evaluator with the time that is left. What is blocked already needs no second opinion. */
async function consult(
  { evaluator, mode }: Court,
  request: EvaluationRequest,
  pending: Awaitable<LocalAnswer>,
  failure: Evidence['failure'],
  wait: Wait,
): Promise<Evidence> {
  const known = withFailure(await pending, failure)
  const { local } = known
  const isSettled = known.failure !== undefined || meaning(local.findings, mode) === 'blocked'
  if (evaluator === undefined || isSettled) return known
  const abort = new AbortController()
  try {
    const work = Promise.resolve(evaluator.evaluate(request, { signal: abort.signal }))
    return { local, ...readAnswer(await wait<unknown>(work, abort)) }
  } catch (error) {
    return { local, failure: { error } }
  }
}

/** An answer that cannot be used is a failure. */
function readAnswer(raw: unknown): Pick<Evidence, 'answer' | 'failure'> {
  const malformed = malformation(raw)
  if (malformed === undefined) return { answer: withoutNulls(raw as Evaluation) }
  return { failure: { error: new GovernanceError('evaluation-failed', malformed) } }
}

function withFailure(local: LocalAnswer, failure: Evidence['failure']): Evidence {
  const first = failure ?? local.failure
  return first === undefined ? { local } : { local, failure: first }
}

function conclude(court: Court, request: EvaluationRequest, evidence: Evidence): Verdict {
  const { local, answer, failure } = evidence
  if (failure !== undefined) return concludeFailure(court, request, local, failure.error)
  if (answer !== undefined) return concludeAnswer(court, request, local, answer)
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
function concludeAnswer(court: Court, request: EvaluationRequest, local: LocalAnswer, answer: Evaluation): Verdict {
  const resolution = resolveAnswer(answer, court.mode)
  if ('malformed' in resolution) {
    const error = new GovernanceError('evaluation-failed', `the evaluator answered with ${resolution.malformed}`)
    return concludeFailure(court, request, local, error)
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
  }
}

/** Rules that did answer are not forgotten because one could not: an open fail mode never lifts a deny. */
export function concludeFailure(
  court: Pick<Court, 'failMode' | 'mode' | 'evaluator'>,
  request: EvaluationRequest,
  local: LocalAnswer,
  error: unknown,
): Verdict {
  const failMode = failModeFor(court.failMode, request.annotations)
  const fail = failDecision(failMode, safeReason(error))
  const own = meaning(local.findings, court.mode)
  const result = stricter(fail.result, own)
  const ownReason = own === 'allowed' ? '' : `; ${reasonOf(local.findings, combine(local.findings) ?? 'deny')}`
  return {
    findings: local.findings,
    spends: local.spends,
    result,
    reason: fail.reason + ownReason,
    mode: court.mode,
    recommendation: fail.recommendation,
    evaluator: court.evaluator?.name ?? 'local',
    failure: { failMode, error },
  }
}

/**
 * What a verdict becomes that could not be stored: the fail mode decides over what would have been allowed; what was
 * refused stays refused, and what was to be held is refused, because no request could be opened.
 */
export function concludeUnstored(
  court: Pick<Court, 'failMode' | 'mode' | 'evaluator'>,
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
function meaning(findings: readonly Finding[], mode: EnforcementMode): DecisionResult {
  return findings.length === 0 ? 'allowed' : resolveFindings(findings, mode)
}

/** What may be shown of an error: our own words, or the kind of a foreign one, whose text may hold a secret. */
function safeReason(error: unknown): string {
  if (isGovernanceError(error)) return error.message
  const name = error instanceof Error ? error.name : ''
  return /^\w{1,40}$/.test(name) ? `the evaluation threw ${name}` : 'the evaluation threw'
}
