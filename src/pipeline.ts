import { Decider, type Proposal } from './decide.js'
import { stops } from './evaluate/local.js'
import type { Execute, Execution, IsControlFlow } from './execute/execution.js'
import { PreparedDecisions } from './execute/prepared.js'
import { alteredText, refusalText } from './execute/refusal.js'
import { runTool, type ToolRun } from './execute/run-tool.js'
import type { ResolvedOptions } from './options.js'
import { Recorder } from './report/recorder.js'
import { Reporter } from './report/reporter.js'
import type { Store } from './store/store.js'
import type { Decision } from './types.js'

/** How a tool is run once it may. */
export interface RunOptions<OUTPUT> {
  readonly execute: Execute<OUTPUT>
  readonly signal: AbortSignal | undefined
  readonly isControlFlow: IsControlFlow | undefined
}

/** The way of a call through the stages: decide ({@link Decider}), execute, report. One per governor. */
export class Pipeline {
  readonly reporter: Reporter
  readonly #options: ResolvedOptions
  readonly #store: Store
  readonly #decider: Decider
  readonly #recorder: Recorder
  readonly #prepared = new PreparedDecisions()
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.#store = options.store
    this.reporter = new Reporter(options.clock, options.inputs)
    this.#recorder = new Recorder(options.store, this.reporter, options.clock)
    this.#decider = new Decider(options, options.store, this.reporter, this.#recorder)
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
    if (decision.result !== 'allowed') return refusal(decision)
    const { request } = proposal.captured
    const ended = await runTool({ ...options, request, decision, clock: this.#options.clock })
    return this.#conclude(proposal, decision, ended)
  }

  async #decide(proposal: Proposal, dryRun: boolean): Promise<Decision> {
    return this.#closed ? this.#decider.refuseClosed(proposal) : this.#decider.decide(proposal, dryRun)
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

  async #conclude<OUTPUT>(proposal: Proposal, decision: Decision, ended: ToolRun<OUTPUT>): Promise<Execution<OUTPUT>> {
    const { observers } = proposal
    switch (ended.kind) {
      case 'returned':
        await this.#recorder.ended(observers, decision, { status: 'executed', durationMs: ended.durationMs })
        return { status: 'executed', decision, output: ended.output }
      case 'threw': {
        const { error, durationMs } = ended
        await this.#recorder.ended(observers, decision, { status: 'tool_error', durationMs, error })
        return { status: 'tool_error', decision, error }
      }
      case 'signalled':
        // The framework will bring the call again: it goes on under this decision.
        this.#prepared.put(proposal.captured.request, decision)
        this.reporter.emit(observers, decision.traceId, decision.id, { type: 'tool-suspended', decision })
        throw ended.signal
      case 'altered':
        await this.#recorder.ended(observers, decision, { status: 'blocked', durationMs: 0 })
        return { status: 'blocked', decision, message: alteredText(decision) }
    }
  }
}

function refusal(decision: Decision): Execution<never> {
  const { approvalId } = decision
  const message = refusalText(decision)
  return approvalId === undefined
    ? { status: 'blocked', decision, message }
    : { status: 'approval_required', decision, message, approvalId }
}
