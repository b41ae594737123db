import { newId } from './ambient.js'
import type { CapturedCall } from './capture/request.js'
import { writeApproval, writeDecision } from './enforce/decision.js'
import { concludeFailure, type Court, judge, rejectInput, type Verdict } from './enforce/judge.js'
import { refuseResume } from './enforce/resume.js'
import { GovernanceError } from './errors.js'
import type { EventBody } from './report/events.js'
import type { Observers } from './report/observers.js'
import type { Recorder } from './report/recorder.js'
import type { Reporter } from './report/reporter.js'
import type { Store } from './store/store.js'
import type { Approval, Decision, ToolProfile } from './types.js'

/** A captured call on its way through the stages. */
export interface Proposal {
  readonly captured: CapturedCall
  readonly redact: ToolProfile['redact']
  readonly observers: Observers
  /** The framework brought it back out of a conversation as approved. */
  readonly resumed: boolean
}

/** A limit that other calls keep taking is looked at anew this often; then the evaluation has failed. */
const MAX_ATTEMPTS = 5

/** From a captured call to a recorded decision: evaluate, enforce ({@link judge}), record, report. */
export class Decider {
  readonly #court: Court
  readonly #store: Store
  readonly #reporter: Reporter
  readonly #recorder: Recorder

  constructor(court: Court, store: Store, reporter: Reporter, recorder: Recorder) {
    this.#court = court
    this.#store = store
    this.#reporter = reporter
    this.#recorder = recorder
  }

  /** Never rejects. A refused call has ended with its decision, and is recorded so, except in a dry run. */
  async decide(proposal: Proposal, dryRun: boolean): Promise<Decision> {
    const version = this.#court.policy.version()
    const policy = { name: this.#court.policy.name, version: typeof version === 'string' ? version : await version }
    for (let attempt = 1; ; attempt++) {
      const verdict = await this.#verdict(proposal, attempt)
      const decision = await this.#settle(proposal, verdict, policy, dryRun)
      if (decision !== undefined) return decision
    }
  }

  /** The decision about a call that comes after the end; nothing is written any more. */
  refuseClosed(proposal: Proposal): Decision {
    const verdict = rejectInput(this.#court, new GovernanceError('closed', 'the governor is closed'))
    const { name } = this.#court.policy
    return writeDecision(
      proposal.captured.request,
      verdict,
      frame(newId(this.#court.clock.now()), { name, version: '' }, false),
    )
  }

  async #verdict({ captured, resumed }: Proposal, attempt: number): Promise<Verdict> {
    if (attempt > MAX_ATTEMPTS) {
      const error = new GovernanceError('evaluation-failed', 'other calls kept taking the room under a limit')
      return concludeFailure(this.#court, captured.request, { findings: [], spends: [] }, error)
    }
    const verdict = await judge(this.#court, captured)
    return resumed ? refuseResume(verdict) : verdict
  }

  /** Records a verdict and tells of it; nothing, where a limit it counted on was taken meanwhile. */
  async #settle(
    proposal: Proposal,
    verdict: Verdict,
    policy: Decision['policy'],
    dryRun: boolean,
  ): Promise<Decision | undefined> {
    const { request } = proposal.captured
    const held = verdict.result === 'requires_approval' && !dryRun
    const base = frame(newId(request.at), policy, dryRun)
    let decision: Decision
    let approval: Approval | undefined
    try {
      const known = held ? await this.#alreadyHeld(proposal, policy.version) : undefined
      if (known !== undefined) return known
      decision = writeDecision(request, verdict, held ? { ...base, approvalId: newId(request.at) } : base)
      approval = decision.approvalId === undefined ? undefined : writeApproval(request, decision, decision.approvalId)
      const spends = verdict.result === 'allowed' && !dryRun ? verdict.spends : []
      const entry = approval === undefined ? { decision, spends } : { decision, spends, approval }
      const recorded = await this.#store.recordDecision(entry)
      if (!recorded.stored) return undefined
    } catch (error) {
      return this.#unrecorded(proposal, verdict, base, error)
    }
    this.#announce(proposal, decision, verdict, approval)
    if (decision.result !== 'allowed' && !dryRun) await this.#recordRefusal(proposal, decision)
    return decision
  }

  /** One call waits for one answer, however often a framework brings it. */
  async #alreadyHeld({ captured: { request } }: Proposal, policyVersion: string): Promise<Decision | undefined> {
    const approval = await this.#store.findApproval({
      callId: request.call.id,
      tool: request.tool,
      digest: request.digest,
      actor: request.actor,
      sessionId: request.session.id,
      tenant: request.session.tenant,
      policyVersion,
    })
    return approval === undefined ? undefined : this.#store.getDecision(approval.decisionId)
  }

  /** A decision that cannot be saved is one that could not be made: the fail mode decides over what would be allowed. */
  async #unrecorded(proposal: Proposal, verdict: Verdict, base: DecisionFrame, cause: unknown): Promise<Decision> {
    const where = `the decision could not be stored in the ${this.#store.name} store`
    const failure = new GovernanceError('store-failed', where, { cause })
    const failed = concludeFailure(
      this.#court,
      proposal.captured.request,
      { findings: verdict.findings, spends: [] },
      failure,
    )
    const decided = verdict.result === 'allowed' ? failed : ({ ...failed, result: 'blocked' } as const)
    const decision = writeDecision(proposal.captured.request, decided, base)
    this.#emit(proposal, decision, { type: 'store-failed', operation: 'recordDecision', error: cause })
    this.#announce(proposal, decision, decided, undefined)
    if (decision.result !== 'allowed' && base.dryRun === false) await this.#recordRefusal(proposal, decision)
    return decision
  }

  #recordRefusal({ observers }: Proposal, decision: Decision): Promise<void> {
    const status = decision.approvalId === undefined ? 'blocked' : 'approval_required'
    return this.#recorder.ended(observers, decision, { status, durationMs: 0 })
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

type DecisionFrame = Parameters<typeof writeDecision>[2]

function frame(id: string, policy: Decision['policy'], dryRun: boolean): DecisionFrame {
  return { id, policy, dryRun, approvalId: undefined }
}
