import type { Clock } from '../../ambient.js'
import { storeOutput } from '../../capture/storable.js'
import { editNotice } from '../../enforce/approval/edit.js'
import { inTime } from '../../enforce/deadline.js'
import type { Execution } from '../../execute/execution.js'
import type { Ledger } from '../../execute/ledger/ledger.js'
import { fail, standing, succeed, type Unsettled } from '../../execute/ledger/machine.js'
import { elsewhereText, unknownText } from '../../execute/refusal.js'
import { isSignal, type ToolRunOptions } from '../../execute/run-tool.js'
import type { Receipt } from '../../receipt.js'
import type { EventBody } from '../../report/events.js'
import { type Reporter, viewReceipt } from '../../report/reporter.js'
import type { Reconciliation, ToolProfile } from '../../tool-profile.js'
import type { Awaitable } from '../../types.js'
import type { Journal } from '../journal.js'
import type { Proposal } from '../proposal.js'
import type { Reader } from '../reader.js'
import type { InFlight } from './in-flight.js'
import { errorOf, outputOf } from './receipt-content.js'
import type { RunExtra } from './runner.js'

/** What following a call needs of a governor. */
export interface FollowerParts {
  readonly reader: Reader
  readonly journal: Journal
  readonly ledger: Ledger
  readonly inFlight: InFlight
  readonly reporter: Reporter
  readonly clock: Clock
  readonly deadlineMs: number
}

/** What a call comes to that was begun before: its result. `again`: it may begin, or begin again. `anew`: something has changed, and it is to be looked at once more. */
export type Followed<OUTPUT> = Execution<OUTPUT> | 'again' | 'anew'

/** Follows what was begun before, here or elsewhere, to its end. */
export class Follower {
  readonly #parts: FollowerParts

  constructor(parts: FollowerParts) {
    this.#parts = parts
  }

  /** @throws what the store throws; a framework's control-flow signal that ended the waiting */
  async follow<OUTPUT>(
    proposal: Proposal,
    receipt: Receipt,
    options: ToolRunOptions<OUTPUT>,
  ): Promise<Followed<OUTPUT>> {
    const { ledger, clock, reader } = this.#parts
    // It says that somebody may execute it, and not that anybody has.
    if (receipt.elsewhere === true) {
      const decision = await reader.decision(receipt.decisionId)
      return { status: 'blocked', decision, message: elsewhereText(receipt.tool) }
    }
    switch (standing(receipt, clock.now())) {
      case 'running':
        return this.#wait(proposal, receipt, options)
      case 'lost':
        await ledger.lose(receipt)
        this.#emit(proposal, receipt, { type: 'effect-unknown', receipt: viewReceipt(receipt) })
        return 'anew'
      case 'free':
        return 'again'
      case 'unknown':
        return isIdempotent(proposal) ? 'again' : this.#lookInto(proposal, receipt as Unsettled)
      case 'settled':
        return receipt.status === 'failed' && isIdempotent(proposal) ? 'again' : this.#giveBack(proposal, receipt)
    }
  }

  async #wait<OUTPUT>(
    proposal: Proposal,
    receipt: Receipt,
    { signal, isControlFlow }: ToolRunOptions<OUTPUT>,
  ): Promise<Followed<OUTPUT>> {
    const { ledger, inFlight, reader } = this.#parts
    const { key, decisionId } = receipt
    try {
      const here = await inFlight.ended(key, signal)
      if (here !== undefined) return this.#share(proposal, receipt, here as Execution<OUTPUT>)
      await ledger.settled(key, signal)
      return 'anew'
    } catch (error) {
      if (signal?.aborted !== true || isSignal(isControlFlow, error)) throw error
      return { status: 'tool_error', decision: await reader.decision(decisionId), error }
    }
  }

  #share<OUTPUT>(proposal: Proposal, receipt: Receipt, execution: Execution<OUTPUT>): Execution<OUTPUT> {
    this.#emit(proposal, receipt, { type: 'receipt-returned', receipt: viewReceipt(receipt) })
    return execution.status === 'executed' || execution.status === 'tool_error'
      ? { ...execution, replayed: true }
      : execution
  }

  async #lookInto<OUTPUT>(proposal: Proposal, receipt: Unsettled): Promise<Followed<OUTPUT>> {
    const found = await this.#reconcile(proposal, receipt)
    const { journal, clock, reader } = this.#parts
    const at = clock.now()
    switch (found?.status) {
      case 'succeeded':
        await journal.commit({ at, receipt: succeed(receipt, storeOutput(found.output), at) })
        return 'anew'
      case 'failed': {
        const error = { name: 'Error', message: found.error ?? 'the effect had failed' }
        await journal.commit({ at, receipt: fail(receipt, error, at) })
        return 'anew'
      }
      case 'not_started':
        return 'again'
      default: {
        const decision = await reader.decision(receipt.decisionId)
        return { status: 'blocked', decision, message: unknownText(receipt.tool, receipt.key) }
      }
    }
  }

  /** Asks the tool what became of an effect. What it cannot tell, or not in time, stays unknown. */
  async #reconcile(proposal: Proposal, receipt: Unsettled): Promise<Reconciliation | undefined> {
    const { profile, captured } = proposal
    if (profile?.reconcile === undefined) return undefined
    const { deadlineMs, clock } = this.#parts
    const { key, startedAt } = receipt
    try {
      const reconcile = profile.reconcile as (effect: object) => Awaitable<Reconciliation | undefined>
      return await inTime(reconcile({ key, input: captured.request.input, startedAt }), deadlineMs, clock)
    } catch (error) {
      this.#emit(proposal, receipt, { type: 'store-failed', operation: 'reconcile', error })
      return undefined
    }
  }

  async #giveBack<OUTPUT>(proposal: Proposal, receipt: Receipt): Promise<Execution<OUTPUT>> {
    const decision = await this.#parts.reader.decision(receipt.decisionId)
    this.#emit(proposal, receipt, { type: 'receipt-returned', receipt: viewReceipt(receipt) })
    const extra = { ...(await this.#edited(receipt, decision.tool, proposal.profile)), replayed: true } as const
    if (receipt.status === 'failed') return { status: 'tool_error', decision, error: errorOf(receipt.error), ...extra }
    const { outputs } = proposal.scope
    const output = receipt.status === 'succeeded' ? outputOf(receipt.output, receipt.tool, outputs) : undefined
    return { status: 'executed', decision, output: output as OUTPUT, ...extra }
  }

  /** What a reviewer had changed, for a result that is given back once more. */
  async #edited(
    { approvalId }: Receipt,
    tool: string,
    profile: ToolProfile | undefined,
  ): Promise<Pick<RunExtra, 'edit' | 'notice'>> {
    if (approvalId === undefined) return {}
    const approval = await this.#parts.reader.approval(approvalId)
    const edit = approval !== undefined && 'edit' in approval ? approval.edit : undefined
    return edit === undefined ? {} : { edit, notice: editNotice(tool, edit, profile) }
  }

  #emit({ observers, captured }: Proposal, { decisionId }: Receipt, body: EventBody): void {
    this.#parts.reporter.emit(observers, captured.request.session.traceId, decisionId, body)
  }
}

function isIdempotent({ captured: { request } }: Proposal): boolean {
  return request.annotations.idempotent === true
}
