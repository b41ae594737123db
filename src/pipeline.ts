import { newId } from './ambient.js'
import type { CapturedCall } from './capture/request.js'
import { writeApproval, writeDecision } from './enforce/decision.js'
import { concludeFailure, type Court, judge, rejectInput, type Verdict } from './enforce/judge.js'
import { refuseResume } from './enforce/resume.js'
import { GovernanceError } from './errors.js'
import { stops } from './evaluate/local.js'
import type { Execute, Execution, IsControlFlow } from './execute/execution.js'
import { PreparedDecisions } from './execute/prepared.js'
import { refusalText } from './execute/refusal.js'
import { runTool, type ToolRun } from './execute/run-tool.js'
import type { ResolvedOptions } from './options.js'
import type { EventBody } from './report/events.js'
import type { Observers } from './report/observers.js'
import { Reporter } from './report/reporter.js'
import type { Store } from './store/store.js'
import type { Approval, Decision, ExecutionRecord, ToolProfile } from './types.js'

/** A captured call on its way through the stages. */
export interface Proposal {
  readonly captured: CapturedCall
  readonly redact: ToolProfile['redact']
  readonly observers: Observers
  /** The framework brought it back out of a conversation as approved. */
  readonly resumed: boolean
}

/** How a tool is run once it may. */
export interface RunOptions<OUTPUT> {
  readonly execute: Execute<OUTPUT>
  readonly signal: AbortSignal | undefined
  readonly isControlFlow: IsControlFlow | undefined
}

/** A limit that other calls keep taking is looked at anew this often; then the evaluation has failed. */
const MAX_ATTEMPTS = 5
const MAX_ERROR_CHARS = 500

/** The stages in order: evaluate and enforce ({@link judge}), record, execute, report. One per governor. */
export class Pipeline {
  readonly #options: ResolvedOptions
  readonly #court: Court
  readonly #store: Store
  readonly #prepared = new PreparedDecisions()
  readonly #running = new Set<Promise<unknown>>()
  readonly reporter: Reporter
  #closed = false

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.#court = options
    this.#store = options.store
    this.reporter = new Reporter(options.clock, options.inputs)
  }

  /** Evaluates only: nothing is counted, held or executed. */
  dryRun(proposal: Proposal): Promise<Decision> {
    return this.#decide(proposal, true)
  }

  /** Decides a call ahead of its execution; a following {@link run} of the same call uses this decision. */
  async prepare(proposal: Proposal): Promise<Decision> {
    const { request } = proposal.captured
    const known = this.#prepared.peek(request)
    if (known !== undefined && !proposal.resumed) return known
    const decision = await this.#decide(proposal, false)
    this.#prepared.put(request, decision)
    return decision
  }

  /** The six stages. Rejects only with a framework's control-flow signal. */
  async run<OUTPUT>(proposal: Proposal, options: RunOptions<OUTPUT>): Promise<Execution<OUTPUT>> {
    const running = this.#run(proposal, options)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  /** Waits for what runs, then refuses everything and closes the store. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#running)
    await this.#store.close()
  }

  async #run<OUTPUT>(proposal: Proposal, options: RunOptions<OUTPUT>): Promise<Execution<OUTPUT>> {
    const decision = (await this.#takePrepared(proposal)) ?? (await this.#decide(proposal, false))
    if (decision.result !== 'allowed') return this.#refuse(proposal, decision)
    const ended = await runTool({
      ...options,
      request: proposal.captured.request,
      decision,
      clock: this.#options.clock,
    })
    return this.#conclude(proposal, decision, ended)
  }

  /** A switch thrown since the decision stops the call all the same. */
  async #takePrepared(proposal: Proposal): Promise<Decision | undefined> {
    const { request } = proposal.captured
    const decision = this.#prepared.take(request)
    if (decision === undefined || proposal.resumed || this.#closed) return undefined
    if (decision.result !== 'allowed') return decision
    try {
      const switches = await this.#store.killSwitches()
      return switches.some(item => stops(item, request)) ? undefined : decision
    } catch {
      return undefined
    }
  }

  async #decide(proposal: Proposal, dryRun: boolean): Promise<Decision> {
    const policy = { name: this.#court.policy.name, version: await this.#court.policy.version() }
    for (let attempt = 1; ; attempt++) {
      const verdict = await this.#verdict(proposal, attempt)
      const decision = await this.#settle(proposal, verdict, policy, dryRun)
      if (decision !== undefined) return decision
    }
  }

  async #verdict(proposal: Proposal, attempt: number): Promise<Verdict> {
    const { captured, resumed } = proposal
    if (this.#closed) return rejectInput(this.#court, new GovernanceError('closed', 'the governor is closed'))
    if (attempt > MAX_ATTEMPTS) {
      const error = new GovernanceError('evaluation-failed', 'other calls kept taking the room under a limit')
      return concludeFailure(this.#court, captured.request, { findings: [], spends: [] }, error)
    }
    const judged = judge(this.#court, captured)
    const verdict = judged instanceof Promise ? await judged : (judged as Verdict)
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
    const id = newId(request.at)
    try {
      const known = held ? await this.#alreadyHeld(proposal, policy.version) : undefined
      if (known !== undefined) return known
      const decision = writeDecision(request, verdict, {
        id,
        policy,
        dryRun,
        approvalId: held ? newId(request.at) : undefined,
      })
      const approval =
        decision.approvalId === undefined ? undefined : writeApproval(request, decision, decision.approvalId)
      const spends = verdict.result === 'allowed' && !dryRun ? verdict.spends : []
      const pending = this.#store.recordDecision(
        approval === undefined ? { decision, spends } : { decision, spends, approval },
      )
      const recorded = 'stored' in pending ? pending : await pending
      if (!recorded.stored) return undefined
      this.#announce(proposal, decision, approval, verdict)
      return decision
    } catch (error) {
      return this.#unrecorded(proposal, error, { id, policy, dryRun, approvalId: undefined })
    }
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

  /** A decision that cannot be saved is one that could not be made: the fail mode decides. */
  #unrecorded(proposal: Proposal, error: unknown, frame: Parameters<typeof writeDecision>[2]): Decision {
    const { request } = proposal.captured
    const failure = new GovernanceError(
      'store-failed',
      `the decision could not be stored in the ${this.#store.name} store`,
      { cause: error },
    )
    const verdict = concludeFailure(this.#court, request, { findings: [], spends: [] }, failure)
    const decision = writeDecision(request, verdict, frame)
    this.#emit(proposal, decision, { type: 'store-failed', operation: 'recordDecision', error })
    this.#announce(proposal, decision, undefined, verdict)
    return decision
  }

  #announce(proposal: Proposal, decision: Decision, approval: Approval | undefined, verdict: Verdict): void {
    if (!proposal.observers.listening) return
    const call = this.reporter.view(proposal.captured.request, proposal.redact)
    if (verdict.failure !== undefined)
      this.#emit(proposal, decision, { type: 'evaluation-failed', decision, error: verdict.failure.error })
    this.#emit(proposal, decision, { type: 'decision-made', decision, call })
    if (approval === undefined) return
    const { call: _stored, ...rest } = approval
    this.#emit(proposal, decision, { type: 'approval-requested', decision, approval: rest, call })
  }

  async #refuse(proposal: Proposal, decision: Decision): Promise<Execution<never>> {
    const message = refusalText(decision)
    const { approvalId } = decision
    const held = decision.result === 'requires_approval' && approvalId !== undefined
    const execution = await this.#recordExecution(proposal, decision, held ? 'approval_required' : 'blocked', 0)
    this.#emit(proposal, decision, { type: 'tool-refused', decision, execution })
    return held
      ? { status: 'approval_required', decision, message, approvalId }
      : { status: 'blocked', decision, message }
  }

  async #conclude<OUTPUT>(proposal: Proposal, decision: Decision, ended: ToolRun<OUTPUT>): Promise<Execution<OUTPUT>> {
    switch (ended.kind) {
      case 'returned': {
        await this.#finish(proposal, decision, 'executed', ended.durationMs)
        return { status: 'executed', decision, output: ended.output }
      }
      case 'threw': {
        await this.#finish(proposal, decision, 'tool_error', ended.durationMs, ended.error)
        return { status: 'tool_error', decision, error: ended.error }
      }
      case 'signalled':
        // The framework will bring the call again: it goes on under this decision.
        this.#prepared.put(proposal.captured.request, decision)
        this.#emit(proposal, decision, { type: 'tool-suspended', decision })
        throw ended.signal
      case 'altered': {
        const execution = await this.#recordExecution(proposal, decision, 'blocked', 0)
        this.#emit(proposal, decision, { type: 'tool-refused', decision, execution })
        const message = `The call to tool "${decision.tool}" was not executed: its input changed after the decision.`
        return { status: 'blocked', decision, message }
      }
    }
  }

  async #finish(
    proposal: Proposal,
    decision: Decision,
    status: 'executed' | 'tool_error',
    durationMs: number,
    error?: unknown,
  ): Promise<void> {
    const execution = await this.#recordExecution(proposal, decision, status, durationMs, error)
    this.#emit(proposal, decision, {
      type: 'tool-executed',
      decision,
      execution: this.reporter.viewExecution(execution),
    })
  }

  /** The effect has happened or not happened: a store that fails here is told of, and the call goes on. */
  async #recordExecution(
    proposal: Proposal,
    decision: Decision,
    status: ExecutionRecord['status'],
    durationMs: number,
    error?: unknown,
  ): Promise<ExecutionRecord> {
    const at = this.#options.clock.now()
    const base: ExecutionRecord = { decisionId: decision.id, status, at, durationMs }
    const execution = error === undefined ? base : { ...base, error: describe(error) }
    try {
      await this.#store.recordExecution(execution)
    } catch (failure) {
      this.#emit(proposal, decision, { type: 'store-failed', operation: 'recordExecution', error: failure })
    }
    return execution
  }

  #emit(proposal: Proposal, decision: Decision, body: EventBody): void {
    this.reporter.emit(proposal.observers, decision.traceId, decision.id, body)
  }
}

function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}`
  return text.slice(0, MAX_ERROR_CHARS)
}
