import { isPromiseLike } from '../../ambient.js'
import { callKey } from '../../capture/key.js'
import { GovernanceError, isGovernanceError } from '../../errors.js'
import { refusalText } from '../../execute/refusal.js'
import { handOver } from '../../execute/ledger/machine.js'
import type { Receipt } from '../../receipt.js'
import type { Decision } from '../../types.js'
import type { ApprovedCalls } from '../approve/approved.js'
import type { HeldCalls } from '../approve/held.js'
import type { Decider } from '../decide/decider.js'
import type { LastResort } from '../decide/last-resort.js'
import type { Recheck } from '../decide/recheck.js'
import type { Ruling } from '../decide/ruling.js'
import { effectOf } from '../effects/receipt-content.js'
import type { Preparation } from '../governor.js'
import type { Proposal } from '../proposal.js'
import type { Reader } from '../reader.js'
import { isRefused, pastOf } from './past.js'
import { notedAlready, refused } from './refused.js'

/** What deciding for execution elsewhere needs of a governor. */
export interface PermitterParts {
  readonly reader: Reader
  readonly decider: Decider
  readonly recheck: Recheck
  readonly lastResort: LastResort
  readonly held: HeldCalls
  readonly approved: ApprovedCalls
}

/** So often a call is looked at anew because others changed what is known of it. */
const MAX_ATTEMPTS = 100
const OF_ANOTHER =
  'this call was asked about with another credential, and its decision is for that one: ask under a call id of your own'

/** Decides on calls that are executed elsewhere: the decision is the last word, so that all that follows from it is in its commit. */
export class Permitter {
  readonly #parts: PermitterParts

  constructor(parts: PermitterParts) {
    this.#parts = parts
  }

  /** @throws GovernanceError `not-pending` where somebody else has written what is to be kept `alongside` */
  async permit(proposal: Proposal): Promise<Preparation> {
    const isRepeatable = proposal.scope.elsewhere === 'repeatable'
    try {
      for (let count = 0; count < MAX_ATTEMPTS; count++) {
        const preparation = await (isRepeatable ? this.#repeatable(proposal) : this.#unrepeatable(proposal))
        if (preparation !== 'anew') return preparation
      }
      throw new GovernanceError('evaluation-failed', 'what is known of the call kept changing')
    } catch (error) {
      if (isGovernanceError(error, 'not-pending')) throw error
      return refused((await this.#parts.lastResort.failed(proposal, error)).decision)
    }
  }

  /** Nobody can ask about it again: there is no past to look at, and none to be kept but a request. */
  async #unrepeatable(proposal: Proposal): Promise<Preparation | 'anew'> {
    const key = await callKey(proposal.captured.request)
    const deciding = this.#parts.decider.decide(proposal, { key, approval: undefined })
    const ruled = isPromiseLike(deciding) ? await deciding : deciding
    if (ruled === 'noted-already') throw notedAlready()
    return typeof ruled === 'string' ? 'anew' : this.#follow(proposal, ruled, key)
  }

  async #repeatable(proposal: Proposal): Promise<Preparation | 'anew'> {
    const { decider, held } = this.#parts
    const looking = pastOf(this.#parts, proposal)
    const past = isPromiseLike(looking) ? await looking : looking
    if ('ruling' in past) return next(past.ruling)
    const { receipt, approval, key } = past
    if (approval !== undefined && isOfAnother(proposal, approval)) return this.#refuseOther(approval.decisionId)
    if (receipt !== undefined) return this.#again(proposal, receipt)
    if (isRefused(approval)) {
      const { decision, message } = await held.refuse(approval)
      return { decision, next: 'refuse', message, approval }
    }
    const opening = (decision: Decision): Receipt => handOver(effectOf(proposal, decision, key), decision.at)
    const deciding = decider.decide(proposal, { key, approval, opening })
    const ruled = isPromiseLike(deciding) ? await deciding : deciding
    if (ruled === 'noted-already') throw notedAlready()
    return typeof ruled === 'string' ? 'anew' : this.#follow(proposal, ruled, key)
  }

  async #follow(proposal: Proposal, ruling: Ruling, key: string): Promise<Preparation | 'anew'> {
    const { decision, verdict } = ruling
    if (decision.result !== 'requires_approval') return next(ruling)
    const { held, approved } = this.#parts
    const prepared = await held.prepare(proposal, decision)
    const { approval } = prepared
    if (approval?.status === 'consumed') return 'anew'
    // Where two policies are in use at once, it may be another request than the one that was looked at.
    if (approval !== undefined && isOfAnother(proposal, approval)) return this.#refuseOther(approval.decisionId)
    if (approval?.status !== 'approved') return prepared
    return approved.handOver({ proposal, decision, approval, key, verdict })
  }

  /** A permission is for whoever asked for it, and says no more to anybody else than that there is one. */
  async #refuseOther(decisionId: string): Promise<Preparation> {
    const decision = await this.#parts.reader.decision(decisionId)
    return { decision, next: 'refuse', message: OF_ANOTHER, ofAnother: true }
  }

  /** What was let go on stays so, unless something blocks it now. */
  async #again(proposal: Proposal, receipt: Receipt): Promise<Preparation> {
    const { reader, recheck } = this.#parts
    const decision = await reader.decision(receipt.decisionId)
    if (isOfAnother(proposal, decision)) return this.#refuseOther(decision.id)
    if (receipt.elsewhere !== true) {
      return { decision, next: 'refuse', message: `${refusalText(decision)} It was begun here, not elsewhere.` }
    }
    const { approvalId } = receipt
    const approval = approvalId === undefined ? undefined : await reader.approval(approvalId)
    const refusing = await recheck.begun(proposal, decision, approval)
    if (refusing !== undefined) return refused(refusing.decision)
    return { decision, next: 'run', again: true, ...(approval === undefined ? {} : { approval }) }
  }
}

/** Whether something was asked for with another credential. What was decided without one is nobody's own. */
function isOfAnother({ scope }: Proposal, { askedBy }: Pick<Decision, 'askedBy'>): boolean {
  return askedBy !== undefined && askedBy !== scope.askedBy
}

/** Of a decision that is no question to anybody. */
function next({ decision }: Ruling): Preparation {
  return decision.result === 'allowed' ? { decision, next: 'run' } : refused(decision)
}
