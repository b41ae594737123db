import { type Clock, newId } from '../../ambient.js'
import type { Approval } from '../../approval.js'
import { cancel } from '../../enforce/approval/machine.js'
import type { ApprovalSettings } from '../../enforce/approval/settings.js'
import { writeApproval } from '../../enforce/decision.js'
import { refuseUnaskable } from '../../enforce/question.js'
import type { Verdict } from '../../enforce/conclude.js'
import type { Journal } from '../journal.js'
import type { Reader } from '../reader.js'
import { lift } from './grants.js'
import type { Draft, Recorder } from './record.js'
import type { Attempted, Known, Ruling } from './ruling.js'

/** What holding a call needs of a governor. */
export interface RequestParts {
  readonly reader: Reader
  readonly journal: Journal
  readonly recorder: Recorder
  readonly settings: ApprovalSettings
  readonly clock: Clock
}

/** The requests to people that held calls become. One call waits for one answer, however often a framework brings it. */
export class Requests {
  readonly #parts: RequestParts

  constructor(parts: RequestParts) {
    this.#parts = parts
  }

  /** Holds a call: finds its request, or opens it, unless a standing grant answers at once or nobody can be asked. */
  async hold(draft: Draft, known: Known): Promise<Attempted> {
    const { recorder, reader } = this.#parts
    const { proposal, verdict, frame } = draft
    const { version } = frame.policy
    try {
      const held = await this.#find(known, verdict, version)
      if (held !== undefined) return held
      const { verdict: lifted, grant } = await lift(reader, proposal, verdict, version)
      if (grant !== undefined) {
        const { spends } = lifted
        return await recorder.record({ ...draft, verdict: lifted }, decision =>
          known.opening === undefined ? { spends, grant } : { spends, grant, receipt: known.opening(decision) },
        )
      }
    } catch (error) {
      return recorder.unrecorded(draft, error, 'findApproval')
    }
    const { unaskable } = proposal.scope
    if (unaskable !== undefined)
      return recorder.recordRefusal({ ...draft, verdict: refuseUnaskable(verdict, unaskable) })
    return this.#open(draft, known.key)
  }

  async #find({ key, approval: newest }: Known, verdict: Verdict, version: string): Promise<Ruling | undefined> {
    if (newest === undefined) return undefined
    const { reader } = this.#parts
    // Where two policies are in use at once, each has a request of its own.
    const isOwn = newest.policyVersion === version
    const approval = isOwn ? newest : await reader.approvalOf(key, version)
    if (approval === undefined) {
      await this.#supersede(newest)
      return undefined
    }
    // Another request could not be opened beside this one, even if its decision is gone.
    return { decision: await reader.decision(approval.decisionId), verdict, approval }
  }

  /** Another policy asks anew; what was asked under the old one needs no answer any more. */
  async #supersede(approval: Approval): Promise<void> {
    if (approval.status !== 'pending') return
    const { journal, clock } = this.#parts
    const at = clock.now()
    await journal.commit({ at, approval: cancel(approval, 'countersign', 'the policy has changed', at) })
  }

  async #open(draft: Draft, key: string): Promise<Attempted> {
    const { recorder, settings } = this.#parts
    const { request } = draft.proposal.captured
    const id = newId(request.at)
    const frame = { ...draft.frame, approvalId: id }
    return recorder.record({ ...draft, frame }, decision => ({
      approval: writeApproval(request, decision, { id, key, settings }),
    }))
  }
}
