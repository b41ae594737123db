import type { Clock } from '../../ambient.js'
import type { Approval } from '../../approval.js'
import type { Profiles } from '../../capture/profiles.js'
import { editNotice } from '../../enforce/approval/edit.js'
import { asOf, cancel, consume } from '../../enforce/approval/machine.js'
import type { Verdict } from '../../enforce/conclude.js'
import type { Execution } from '../../execute/execution.js'
import type { Ledger } from '../../execute/ledger/ledger.js'
import { type Effect, handOver } from '../../execute/ledger/machine.js'
import { editRefusedText, refusalText } from '../../execute/refusal.js'
import type { ToolRunOptions } from '../../execute/run-tool.js'
import type { Receipt } from '../../receipt.js'
import { endingOf } from '../../report/ending.js'
import type { Reporter } from '../../report/reporter.js'
import type { Decision } from '../../types.js'
import type { Recheck } from '../decide/recheck.js'
import { effectOf } from '../effects/receipt-content.js'
import type { EffectRunner } from '../effects/runner.js'
import type { Preparation } from '../governor.js'
import type { Journal } from '../journal.js'
import type { News } from '../news.js'
import type { Proposal } from '../proposal.js'
import type { Reader } from '../reader.js'
import { notedAlready, refused } from '../pipeline/refused.js'
import { approvedCall } from './edited-call.js'
import { loopOf, tellingOf } from './loop.js'

/** What running approved calls needs of a governor. */
export interface ApprovedParts {
  readonly reader: Reader
  readonly journal: Journal
  readonly recheck: Recheck
  readonly effects: EffectRunner
  readonly ledger: Ledger
  readonly profiles: Profiles
  readonly reporter: Reporter
  readonly news: News
  readonly clock: Clock
}

/** A held call whose request was answered with yes. */
export interface AnsweredCall {
  readonly proposal: Proposal
  readonly decision: Decision
  readonly approval: Extract<Approval, { status: 'approved' }>
  /** Of the call as it was proposed. */
  readonly key: string
  /** What the policy said of the call just now, if that was not long ago. */
  readonly verdict: Verdict | undefined
}

/** Tries of a call under limits that others keep taking. */
const MAX_ATTEMPTS = 6

/** Runs what people have approved: what an approval is used for. */
export class ApprovedCalls {
  readonly #parts: ApprovedParts

  constructor(parts: ApprovedParts) {
    this.#parts = parts
  }

  /** Uses an approval up, and runs its call. `anew`: something has changed meanwhile. */
  async run<OUTPUT>(answered: AnsweredCall, options: ToolRunOptions<OUTPUT>): Promise<Execution<OUTPUT> | 'anew'> {
    const { recheck, effects, ledger } = this.#parts
    const { decision, approval } = answered
    const { edit } = approval
    const approved = await approvedCall(this.#parts, { proposal: answered.proposal, options }, edit)
    if (typeof approved === 'string') return this.#refuseEdit(answered, approved)
    let { verdict } = answered
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const checked = verdict ?? (await recheck.approved(approved.proposal, attempt))
      verdict = undefined
      if ('decision' in checked) {
        const message = refusalText(checked.decision)
        return { status: 'blocked', decision: checked.decision, message, approvalLoop: loopOf(approval, false) }
      }
      const used = await this.#use(answered, approved.proposal, checked, effect => ledger.opening(undefined, effect))
      if (used === 'anew') return 'anew'
      if (used === 'exceeded') continue
      const extra = {
        approvalLoop: loopOf(approval, true),
        ...(edit === undefined
          ? {}
          : { edit, notice: editNotice(decision.tool, edit, answered.proposal.profile, approved.proposal.profile) }),
      }
      return effects.runOpened(approved.proposal, decision, used, approved.options, extra)
    }
    return 'anew'
  }

  /** Uses an approval up for a call that is executed elsewhere. `anew`: something has changed meanwhile. */
  async handOver(answered: AnsweredCall): Promise<Preparation | 'anew'> {
    const { recheck } = this.#parts
    const { proposal, decision, approval } = answered
    if (approval.edit !== undefined) {
      const refused = await this.#refuseEdit(answered, 'the changed call is not the one that would be executed')
      return { decision, next: 'refuse', message: (refused as { readonly message: string }).message }
    }
    let { verdict } = answered
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const checked = verdict ?? (await recheck.approved(proposal, attempt))
      verdict = undefined
      if ('decision' in checked) return refused(checked.decision)
      const used = await this.#use(answered, proposal, checked, handOver)
      if (used === 'anew') return 'anew'
      if (used !== 'exceeded') return { decision, next: 'run', approval }
    }
    return 'anew'
  }

  /** Begins a call once more as it was allowed, or approved, if it still may: an approval is used already, by this very receipt. */
  async again<OUTPUT>(
    proposal: Proposal,
    decision: Decision,
    receipt: Receipt,
    options: ToolRunOptions<OUTPUT>,
  ): Promise<Execution<OUTPUT> | 'anew'> {
    const { reader, recheck, effects } = this.#parts
    const { approvalId, key } = receipt
    const approval = approvalId === undefined ? undefined : await reader.approval(approvalId)
    const edit = approval?.status === 'consumed' ? approval.edit : undefined
    const approved = await approvedCall(this.#parts, { proposal, options }, edit)
    if (typeof approved === 'string') {
      return { status: 'blocked', decision, message: editRefusedText(decision.tool, approved) }
    }
    // What runs is what is looked at: a changed call is another one.
    const refusing = await recheck.begun(approved.proposal, decision, approval)
    if (refusing !== undefined)
      return { status: 'blocked', decision: refusing.decision, message: refusalText(refusing.decision) }
    const extra =
      edit === undefined
        ? undefined
        : { edit, notice: editNotice(decision.tool, edit, proposal.profile, approved.proposal.profile) }
    return (await effects.begin(approved.proposal, decision, key, receipt, approved.options, extra)) ?? 'anew'
  }

  /** The one write that makes an approval an execution: it is used up, the effect begins, and its limits are counted. */
  async #use<RECEIPT extends Receipt>(
    { decision, approval, key }: AnsweredCall,
    proposal: Proposal,
    { spends }: Verdict,
    begin: (effect: Effect, at: number) => RECEIPT,
  ): Promise<RECEIPT | 'exceeded' | 'anew'> {
    const { journal, clock } = this.#parts
    const at = clock.now()
    // Its time may have passed since it was looked at.
    if (asOf(approval, at) !== approval) return 'anew'
    const effect = { ...effectOf(proposal, decision, key), approvalId: approval.id }
    const receipt = begin(effect, at)
    const documents = proposal.scope.alongside?.(decision, 'allowed')
    const kept = documents === undefined ? {} : { documents }
    const result = await journal.commit({ at, spends, approval: consume(approval, at), receipt, ...kept })
    if (result.committed) return receipt
    if ('exceeded' in result) return 'exceeded'
    if (result.conflict === 'document') throw notedAlready()
    return 'anew'
  }

  /** An edit that cannot run ends its request: nobody else could run it either. */
  async #refuseEdit({ proposal, decision, approval }: AnsweredCall, why: string): Promise<Execution<never>> {
    const { journal, reporter, news, clock } = this.#parts
    const at = clock.now()
    const cancelled = cancel(approval, 'countersign', why, at)
    const execution = endingOf(decision, { status: 'blocked', durationMs: 0 }, at)
    const told = news.ofEnding(decision, execution, proposal)
    const { committed } = await journal.commit({ at, approval: cancelled, execution, ...told })
    if (committed) tellingOf(reporter, proposal, decision)({ approval: cancelled })
    else news.takeBack(told)
    const message = editRefusedText(decision.tool, why)
    return { status: 'blocked', decision, message, approvalLoop: loopOf(approval, false, why) }
  }
}
