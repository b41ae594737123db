import { type Clock, isPromiseLike, present } from '../ambient.js'
import type { CapturedCall } from '../capture/request.js'
import { GovernanceError } from '../errors.js'
import type { Evaluation, Evaluator, Purpose } from '../evaluate/evaluator.js'
import { askPolicy, askSwitches, type EngineStore, type LocalAnswer, type Wait } from '../evaluate/local.js'
import type { Policy } from '../evaluate/policy.js'
import type { Awaitable, EvaluationRequest } from '../types.js'
import { Aborting } from './aborting.js'
import { readEvaluation } from './answer.js'
import { conclude, type Evidence, meaning, rejectCall, type Rulebook, type Verdict } from './conclude.js'
import { withDeadline } from './deadline.js'

/** All that judging needs; one per governor. */
export interface Court extends Rulebook {
  readonly policy: Policy
  readonly store: EngineStore
  /** Milliseconds an evaluation may take in all. */
  readonly deadlineMs: number
  readonly clock: Clock
}

/**
 * Evaluates a call and enforces the answer. Never throws and never rejects: whatever goes wrong is the fail mode, and
 * what the other rules found still stands. Stays synchronous where nothing had to be waited for.
 */
export function judge(court: Court, { request, problem }: CapturedCall, purpose: Purpose = {}): Awaitable<Verdict> {
  if (problem?.kind === 'input') return rejectCall(court, 'invalid-call', problem.error)
  const failure = problem === undefined ? undefined : { error: problem.error }
  const { policy, store, evaluator } = court
  const limit = timeLimit(court, request.at)
  const ask = (): Awaitable<LocalAnswer> => askPolicy(policy, store, request, limit.wait)
  // A pattern engine that does not load fails the rules that need it, and no others.
  const local = policy.ready === undefined ? ask() : limit.wait(policy.ready()).then(ask, ask)
  if (!isPromiseLike(local) && evaluator === undefined) return conclude(court, request, withFailure(local, failure))
  return consult(court, request, local, { failure, limit, purpose })
}

/** The time that is left of a deadline. */
interface TimeLimit {
  readonly leftMs: () => number
  readonly wait: Wait
}

/** What an evaluator said, or why it did not. */
type Said = Pick<Evidence, 'answer' | 'failure'>

/** How a question came about. */
interface Circumstances {
  /** What was wrong with the call before anybody was asked. */
  readonly failure: Evidence['failure']
  readonly limit: TimeLimit
  readonly purpose: Purpose
}

/** One deadline for everything that an evaluation waits for. */
function timeLimit({ clock, deadlineMs }: Court, startedAt: number): TimeLimit {
  // A clock may go back.
  const leftMs = (): number => Math.max(0, deadlineMs - Math.max(0, clock.now() - startedAt))
  return { leftMs, wait: work => withDeadline(work, leftMs(), clock) }
}

/** The policy first, then the evaluator with the time that is left. What is blocked already needs no second opinion. */
async function consult(
  court: Court,
  request: EvaluationRequest,
  pending: Awaitable<LocalAnswer>,
  { failure, limit, purpose }: Circumstances,
): Promise<Verdict> {
  const { evaluator, mode } = court
  const known = withFailure(isPromiseLike(pending) ? await pending : pending, failure)
  const { local } = known
  const isSettled = known.failure !== undefined || meaning(local.findings, mode) === 'blocked'
  if (evaluator === undefined || isSettled) return conclude(court, request, known)
  const asking = ask(court, evaluator, request, limit.leftMs(), purpose)
  const evidence = { local, ...(isPromiseLike(asking) ? await asking : asking) }
  const verdict = conclude(court, request, evidence)
  return verdict.result === 'allowed' ? unlessStopped(court, request, evidence, verdict) : verdict
}

/** Asking takes time: a switch that was thrown meanwhile stops the call all the same. */
async function unlessStopped(
  court: Court,
  request: EvaluationRequest,
  evidence: Evidence,
  verdict: Verdict,
): Promise<Verdict> {
  const wait: Wait = work => withDeadline(work, court.deadlineMs, court.clock)
  const asking = askSwitches(court.policy, court.store, request, wait)
  const { findings, failure } = isPromiseLike(asking) ? await asking : asking
  if (findings.length === 0 && failure === undefined) return verdict
  const local = { ...evidence.local, findings: [...evidence.local.findings, ...findings] }
  return conclude(court, request, { ...evidence, local, ...present({ failure }) })
}

/** What the evaluator says: at once where it does, or where it says at once that it cannot. */
function ask(
  { clock }: Court,
  evaluator: Evaluator,
  request: EvaluationRequest,
  leftMs: number,
  { dryRun = false, again = false }: Purpose,
): Awaitable<Said> {
  // What is judged is what was captured, whatever is done to what is shown.
  const shown = { ...request, session: { ...request.session } }
  const abort = new Aborting()
  const remainingMs = Math.min(leftMs, evaluator.deadlineMs ?? Number.POSITIVE_INFINITY)
  const options = {
    dryRun,
    again,
    get signal() {
      return abort.signal
    },
    remainingMs,
  }
  const failed = (error: unknown): Said => {
    const answer = standIn(evaluator, shown, error)
    return answer === undefined ? { failure: { error } } : { answer }
  }
  try {
    const work: unknown = evaluator.evaluate(shown, options)
    if (!isPromiseLike(work)) return readAnswer(work)
    return withDeadline(work, remainingMs, clock, abort).then(readAnswer).catch(failed)
  } catch (error) {
    return failed(error)
  }
}

/** What an evaluator has for when it cannot be asked; nothing where that is nothing usable either. */
function standIn(evaluator: Evaluator, request: EvaluationRequest, error: unknown): Evaluation | undefined {
  try {
    const answer = evaluator.fallback?.(request, error)
    return answer === undefined ? undefined : readAnswer(answer).answer
  } catch {
    return undefined
  }
}

/** An answer that cannot be used is a failure. */
function readAnswer(raw: unknown): Said {
  const read = readEvaluation(raw)
  return 'answer' in read ? read : { failure: { error: new GovernanceError('evaluation-failed', read.malformed) } }
}

function withFailure(local: LocalAnswer, failure: Evidence['failure']): Evidence {
  const first = failure ?? local.failure
  return first === undefined ? { local } : { local, failure: first }
}
