import { chain, isPromiseLike } from './ambient.js'
import { Decider, type Proposal } from './decide.js'
import { inTime } from './enforce/deadline.js'
import { stops } from './evaluate/local.js'
import type { Execution } from './execute/execution.js'
import { PreparedDecisions } from './execute/prepared.js'
import { alteredText, refusalText } from './execute/refusal.js'
import { runTool, type ToolRun, type ToolRunOptions } from './execute/run-tool.js'
import type { ResolvedOptions } from './options.js'
import { type Ending, Recorder } from './report/recorder.js'
import { Reporter } from './report/reporter.js'
import type { Store } from './store/store.js'
import type { Awaitable, Decision, KillSwitch } from './types.js'

/** The way of a call through the stages: decide ({@link Decider}), execute, report. One per governor. */
export class Pipeline {
  readonly reporter: Reporter
  readonly #options: ResolvedOptions
  readonly #store: Store
  readonly #decider: Decider
  readonly #recorder: Recorder
  readonly #prepared = new PreparedDecisions()
  #running = 0
  #drained = (): void => undefined
  #closing: Promise<void> | undefined

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.#store = options.store
    this.reporter = new Reporter(options.clock, options.inputs)
    this.#recorder = new Recorder(options, this.reporter)
    this.#decider = new Decider(options, options.store, this.reporter, this.#recorder)
  }

  /** Evaluates only: nothing is counted, held or executed. */
  dryRun(proposal: Proposal): Awaitable<Decision> {
    return this.#decide(proposal, true)
  }

  /** Decides a call ahead of its execution; a following {@link run} of the same call uses this decision. */
  prepare(proposal: Proposal): Awaitable<Decision> {
    const { request } = proposal.captured
    const known = proposal.resumed ? undefined : this.#prepared.peek(request)
    if (known !== undefined) return known
    const decision = this.#decide(proposal, false)
    this.#prepared.put(request, decision)
    return decision
  }

  /** The six stages. Rejects only with a framework's control-flow signal, or with what capturing the call threw. */
  async run<OUTPUT>(capture: () => Awaitable<Proposal>, options: ToolRunOptions<OUTPUT>): Promise<Execution<OUTPUT>> {
    this.#running++
    try {
      const captured = capture()
      const proposal = isPromiseLike(captured) ? await captured : captured
      const decided = chain(this.#takePrepared(proposal), known => known ?? this.#decide(proposal, false))
      const decision = isPromiseLike(decided) ? await decided : decided
      if (decision.result !== 'allowed') return refusal(decision, proposal.resumed)
      const { clock } = this.#options
      const running = runTool(proposal.captured.request, decision, options, clock)
      const ended = isPromiseLike(running) ? await running : running
      const concluded = this.#conclude(proposal, decision, ended)
      return isPromiseLike(concluded) ? await concluded : concluded
    } finally {
      this.#running--
      if (this.#running === 0) this.#drained()
    }
  }

  /** Waits for what runs, then refuses everything and closes the store. */
  close(): Promise<void> {
    this.#closing ??= this.#drain().then(() => this.#store.close())
    return this.#closing
  }

  #drain(): Promise<void> {
    return new Promise(resolve => {
      this.#drained = resolve
      if (this.#running === 0) resolve()
    })
  }

  #decide(proposal: Proposal, dryRun: boolean): Awaitable<Decision> {
    return this.#closing === undefined ? this.#decider.decide(proposal, dryRun) : this.#decider.refuseClosed(proposal)
  }

  #takePrepared(proposal: Proposal): Awaitable<Decision | undefined> {
    if (proposal.resumed || this.#closing !== undefined) return undefined
    const decision = this.#prepared.take(proposal.captured.request)
    return decision === undefined ? undefined : chain(decision, known => this.#unlessStopped(proposal, known))
  }

  /** A switch thrown since the decision stops the call all the same. */
  #unlessStopped({ captured: { request } }: Proposal, decision: Decision): Awaitable<Decision | undefined> {
    if (decision.result !== 'allowed') return decision
    const check = (switches: readonly KillSwitch[]): Decision | undefined =>
      switches.some(item => stops(item, request)) ? undefined : decision
    try {
      const switches = inTime(this.#store.killSwitches(), this.#options.deadlineMs, this.#options.clock)
      return isPromiseLike(switches) ? switches.then(check).then(undefined, () => undefined) : check(switches)
    } catch {
      return undefined
    }
  }

  #conclude<OUTPUT>(
    { captured, observers }: Proposal,
    decision: Decision,
    ended: ToolRun<OUTPUT>,
  ): Awaitable<Execution<OUTPUT>> {
    const record = (ending: Ending, execution: Execution<OUTPUT>): Awaitable<Execution<OUTPUT>> =>
      chain(this.#recorder.ended(observers, decision, ending), () => execution)
    switch (ended.kind) {
      case 'returned': {
        const { output, durationMs } = ended
        return record({ status: 'executed', durationMs }, { status: 'executed', decision, output })
      }
      case 'threw': {
        const { error, durationMs } = ended
        return record({ status: 'tool_error', durationMs, error }, { status: 'tool_error', decision, error })
      }
      case 'altered': {
        const message = alteredText(decision)
        return record({ status: 'blocked', durationMs: 0 }, { status: 'blocked', decision, message })
      }
      case 'signalled':
        // The framework will bring the call again: it goes on under this decision.
        this.#prepared.put(captured.request, decision)
        this.reporter.emit(observers, decision.traceId, decision.id, { type: 'tool-suspended', decision })
        throw ended.signal
    }
  }
}

function refusal(decision: Decision, resumed: boolean): Execution<never> {
  const { approvalId } = decision
  const message = refusalText(decision, resumed)
  return approvalId === undefined
    ? { status: 'blocked', decision, message }
    : { status: 'approval_required', decision, message, approvalId }
}
