import { type Clock, isPromiseLike } from '../../ambient.js'
import type { Execution } from '../../execute/execution.js'
import type { Ledger } from '../../execute/ledger/ledger.js'
import type { Started } from '../../execute/ledger/machine.js'
import { runTool, type ToolRunOptions } from '../../execute/run-tool.js'
import type { Receipt } from '../../receipt.js'
import type { Reporter } from '../../report/reporter.js'
import type { Decision } from '../../types.js'
import type { Ruling } from '../decide/ruling.js'
import type { Journal } from '../journal.js'
import type { Proposal } from '../proposal.js'
import type { Endings } from './endings.js'
import type { InFlight } from './in-flight.js'
import { effectOf, outcomeOf } from './receipt-content.js'

/** What executing needs of a governor. */
export interface EffectParts {
  readonly journal: Journal
  readonly ledger: Ledger
  readonly endings: Endings
  readonly inFlight: InFlight
  readonly reporter: Reporter
  readonly clock: Clock
}

/** What an execution says of the approval it ran under. */
export type RunExtra = Pick<Extract<Execution, { status: 'executed' }>, 'approvalLoop' | 'edit' | 'notice'>

/** Executes what was allowed. */
export class EffectRunner {
  readonly #parts: EffectParts

  constructor(parts: EffectParts) {
    this.#parts = parts
  }

  /** A call of which no receipt is kept. @throws a framework's control-flow signal */
  async runFreely<OUTPUT>(
    proposal: Proposal,
    decision: Decision,
    options: ToolRunOptions<OUTPUT>,
  ): Promise<Execution<OUTPUT>> {
    const { endings, clock } = this.#parts
    const { request } = proposal.captured
    const running = runTool({ request, decision, key: undefined, fencingToken: 1 }, options, clock)
    const ended = isPromiseLike(running) ? await running : running
    const concluding = endings.conclude({ proposal, decision, ended })
    return isPromiseLike(concluding) ? await concluding : concluding
  }

  /** A call whose effect was opened with its decision; one that could not be, because the fail mode is open, runs without. @throws as {@link EffectRunner.runFreely} */
  run<OUTPUT>(
    proposal: Proposal,
    { decision, receipt }: Ruling,
    options: ToolRunOptions<OUTPUT>,
  ): Promise<Execution<OUTPUT>> {
    return receipt?.status === 'started'
      ? this.runOpened(proposal, decision, receipt, options)
      : this.runFreely(proposal, decision, options)
  }

  /**
   * Opens an effect under a decision that was made before, and runs it. Nothing when somebody else has, or the store
   * failed: then the call has to be looked at once more.
   *
   * @param known the receipt in whose place it is opened
   * @throws as {@link EffectRunner.runFreely}
   */
  async begin<OUTPUT>(
    proposal: Proposal,
    decision: Decision,
    key: string,
    known: Receipt | undefined,
    options: ToolRunOptions<OUTPUT>,
    extra?: RunExtra,
  ): Promise<Execution<OUTPUT> | undefined> {
    const { ledger, journal, reporter, clock } = this.#parts
    const approvalId = known?.approvalId === undefined ? {} : { approvalId: known.approvalId }
    const receipt = ledger.opening(known, { ...effectOf(proposal, decision, key), ...approvalId })
    try {
      const committing = journal.commit({ at: clock.now(), receipt })
      const { committed } = isPromiseLike(committing) ? await committing : committing
      if (!committed) return undefined
    } catch (error) {
      const failed = { type: 'store-failed', operation: 'commit', error } as const
      reporter.emit(proposal.observers, decision.traceId, decision.id, failed)
      return undefined
    }
    return this.runOpened(proposal, decision, receipt, options, extra)
  }

  /** A call whose effect was opened in the same write as what allows it. @throws as {@link EffectRunner.runFreely} */
  async runOpened<OUTPUT>(
    proposal: Proposal,
    decision: Decision,
    receipt: Started,
    options: ToolRunOptions<OUTPUT>,
    extra: RunExtra = {},
  ): Promise<Execution<OUTPUT>> {
    const { ledger, endings, inFlight, clock } = this.#parts
    const { key, fence } = receipt
    const { request } = proposal.captured
    const over = inFlight.begin(key)
    ledger.began(receipt)
    let execution: Execution<OUTPUT> | undefined
    try {
      const running = runTool({ request, decision, key, fencingToken: fence }, options, clock)
      const ended = isPromiseLike(running) ? await running : running
      const outcome = outcomeOf(ended, options.signal, proposal, clock.now())
      const concluding = endings.conclude({ proposal, decision, ended }, { receipt, outcome })
      execution = withExtra(isPromiseLike(concluding) ? await concluding : concluding, extra)
      return execution
    } finally {
      over(execution)
    }
  }
}

function withExtra<OUTPUT>(execution: Execution<OUTPUT>, { approvalLoop, ...ran }: RunExtra): Execution<OUTPUT> {
  const asked = approvalLoop === undefined ? {} : { approvalLoop }
  return execution.status === 'executed' || execution.status === 'tool_error'
    ? { ...execution, ...asked, ...ran }
    : { ...execution, ...asked }
}
