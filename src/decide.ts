import { chain, isPromiseLike, newId } from './ambient.js'
import type { CapturedCall } from './capture/request.js'
import { inTime } from './enforce/deadline.js'
import { type DecisionFrame, writeApproval, writeDecision } from './enforce/decision.js'
import { concludeUnstored, rejectCall, type Verdict } from './enforce/conclude.js'
import { type Court, judge } from './enforce/judge.js'
import { refuseResume } from './enforce/resume.js'
import { GovernanceError } from './errors.js'
import type { EventBody } from './report/events.js'
import type { Observers } from './report/observers.js'
import type { Recorder } from './report/recorder.js'
import type { Reporter } from './report/reporter.js'
import type { DecisionEntry, RecordResult, Store } from './store/store.js'
import type { Approval, Awaitable, Decision, ToolProfile } from './types.js'

/** A captured call on its way through the stages. */
export interface Proposal {
  readonly captured: CapturedCall
  readonly redact: ToolProfile['redact']
  readonly observers: Observers
  /** The framework brought it back out of a conversation as approved. */
  readonly resumed: boolean
}

/** A limit that other calls keep taking is looked at anew this often; then it counts as reached, in every fail mode. */
const MAX_ATTEMPTS = 5

/** From a captured call to a recorded decision: evaluate, enforce ({@link judge}), record, report. */
export class Decider {
  readonly #court: Court
  readonly #store: Store
  readonly #reporter: Reporter
  readonly #recorder: Recorder
  #policy: Decision['policy'] | undefined

  constructor(court: Court, store: Store, reporter: Reporter, recorder: Recorder) {
    this.#court = court
    this.#store = store
    this.#reporter = reporter
    this.#recorder = recorder
  }

  /** Never throws or rejects. A refused call has ended with its decision, and is recorded so, except in a dry run. */
  decide(proposal: Proposal, dryRun: boolean): Awaitable<Decision> {
    if (this.#policy !== undefined) return this.#attempt(proposal, this.#policy, dryRun, 1)
    const { name, version } = this.#court.policy
    return chain(version(), known => {
      this.#policy = Object.freeze({ name, version: known })
      return this.#attempt(proposal, this.#policy, dryRun, 1)
    })
  }

  /** The decision about a call that comes after the end; nothing is written any more. */
  refuseClosed(proposal: Proposal): Decision {
    const verdict = rejectCall(this.#court, 'closed', new GovernanceError('closed', 'the governor is closed'))
    const { name } = this.#court.policy
    return writeDecision(
      proposal.captured.request,
      verdict,
      frame(newId(this.#court.clock.now()), { name, version: '' }, false),
    )
  }

  #attempt(proposal: Proposal, policy: Decision['policy'], dryRun: boolean, attempt: number): Awaitable<Decision> {
    return chain(this.#verdict(proposal, attempt), verdict =>
      chain(
        this.#settle(proposal, verdict, frame(newId(proposal.captured.request.at), policy, dryRun)),
        decision => decision ?? this.#attempt(proposal, policy, dryRun, attempt + 1),
      ),
    )
  }

  #verdict({ captured, resumed }: Proposal, attempt: number): Awaitable<Verdict> {
    if (attempt > MAX_ATTEMPTS) {
      const error = new GovernanceError('evaluation-failed', 'other calls kept taking the room under a limit')
      return rejectCall(this.#court, 'limit-contention', error)
    }
    const verdict = judge(this.#court, captured)
    return resumed ? chain(verdict, refuseResume) : verdict
  }

  /** Records a verdict and tells of it; nothing, where a limit it counted on was taken meanwhile. */
  #settle(proposal: Proposal, verdict: Verdict, base: DecisionFrame): Awaitable<Decision | undefined> {
    if (verdict.result === 'requires_approval' && !base.dryRun) return this.#hold(proposal, verdict, base)
    const decision = writeDecision(proposal.captured.request, verdict, base)
    const spends = verdict.result === 'allowed' && !base.dryRun ? verdict.spends : []
    return this.#record(proposal, verdict, { decision, spends }, base)
  }

  /** One call waits for one answer, however often a framework brings it. */
  async #hold(proposal: Proposal, verdict: Verdict, base: DecisionFrame): Promise<Decision | undefined> {
    const { request } = proposal.captured
    try {
      const known = await this.#alreadyHeld(proposal, base.policy.version)
      if (known !== undefined) return known
    } catch (error) {
      return this.#unrecorded(proposal, verdict, base, error)
    }
    const approvalId = newId(request.at)
    const decision = writeDecision(request, verdict, { ...base, approvalId })
    const approval = writeApproval(request, decision, approvalId)
    return this.#record(proposal, verdict, { decision, spends: [], approval }, base)
  }

  #record(
    proposal: Proposal,
    verdict: Verdict,
    entry: DecisionEntry,
    base: DecisionFrame,
  ): Awaitable<Decision | undefined> {
    const recorded = ({ stored }: RecordResult): Awaitable<Decision | undefined> => {
      if (!stored) return undefined
      this.#announce(proposal, entry.decision, verdict, entry.approval)
      return this.#refusalRecorded(proposal, entry.decision)
    }
    const failed = (error: unknown): Awaitable<Decision> => this.#unrecorded(proposal, verdict, base, error)
    try {
      const pending = this.#inTime(this.#store.recordDecision(entry))
      return isPromiseLike(pending) ? pending.then(recorded).then(undefined, failed) : recorded(pending)
    } catch (error) {
      return failed(error)
    }
  }

  async #alreadyHeld({ captured: { request } }: Proposal, policyVersion: string): Promise<Decision | undefined> {
    const approval = await this.#inTime(
      this.#store.findApproval({
        callId: request.call.id,
        tool: request.tool,
        digest: request.digest,
        actor: request.actor,
        sessionId: request.session.id,
        tenant: request.session.tenant,
        policyVersion,
      }),
    )
    return approval === undefined ? undefined : this.#inTime(this.#store.getDecision(approval.decisionId))
  }

  /** A decision that cannot be saved is one that could not be made: the fail mode decides over what would be allowed. */
  #unrecorded(proposal: Proposal, verdict: Verdict, base: DecisionFrame, cause: unknown): Awaitable<Decision> {
    const where = `the decision could not be stored in the ${this.#store.name} store`
    const failure = new GovernanceError('evaluation-failed', where, { cause })
    const decided = concludeUnstored(this.#court, proposal.captured.request, verdict, failure)
    const decision = writeDecision(proposal.captured.request, decided, base)
    this.#emit(proposal, decision, { type: 'store-failed', operation: 'recordDecision', error: cause })
    this.#announce(proposal, decision, decided, undefined)
    return this.#refusalRecorded(proposal, decision)
  }

  #inTime<T>(work: Awaitable<T>): Awaitable<T> {
    return inTime(work, this.#court.deadlineMs, this.#court.clock)
  }

  /** A refused call has ended; frameworks that ask ahead never come back with it. */
  #refusalRecorded({ observers }: Proposal, decision: Decision): Awaitable<Decision> {
    if (decision.result === 'allowed' || decision.dryRun === true) return decision
    const status = decision.approvalId === undefined ? 'blocked' : 'approval_required'
    return chain(this.#recorder.ended(observers, decision, { status, durationMs: 0 }), () => decision)
  }

  #announce(proposal: Proposal, decision: Decision, verdict: Verdict, approval: Approval | undefined): void {
    if (!proposal.observers.listening) return
    const call = this.#reporter.view(proposal.captured.request, proposal.redact)
    if (verdict.failure !== undefined) {
      this.#emit(proposal, decision, { type: 'evaluation-failed', decision, error: verdict.failure.error })
    }
    this.#emit(proposal, decision, { type: 'decision-made', decision, call })
    if (approval === undefined) return
    const { call: _stored, ...rest } = approval
    this.#emit(proposal, decision, { type: 'approval-requested', decision, approval: rest, call })
  }

  #emit(proposal: Proposal, decision: Decision, body: EventBody): void {
    this.#reporter.emit(proposal.observers, decision.traceId, decision.id, body)
  }
}

function frame(id: string, policy: Decision['policy'], dryRun: boolean): DecisionFrame {
  return { id, policy, dryRun, approvalId: undefined }
}
