import { chain } from '../../ambient.js'
import { rejectCall, type Verdict } from '../../enforce/conclude.js'
import { writeDecision } from '../../enforce/decision.js'
import { GovernanceError } from '../../errors.js'
import type { Awaitable } from '../../types.js'
import { type Proposal, tenantOf } from '../proposal.js'
import { unlessClaimed } from './assess.js'
import type { Assessors, LiveCourt } from './assessors.js'
import { draftOf, type Recorder } from './record.js'
import type { Ruling } from './ruling.js'

/** What refusing in the last resort needs of a governor. */
export interface LastResortParts {
  readonly court: LiveCourt
  readonly assessors: Assessors
  readonly recorder: Recorder
}

/** The decisions about calls that cannot be decided on in the usual way. */
export class LastResort {
  readonly #parts: LastResortParts

  constructor(parts: LastResortParts) {
    this.#parts = parts
  }

  /** Of a call that comes after the end: refused. Nothing is written any more. */
  closed(proposal: Proposal): Ruling {
    const { court } = this.#parts
    const verdict = rejectCall(court, 'closed', new GovernanceError('closed', 'the governor is closed'))
    const { frame } = draftOf(proposal, verdict, { name: court.policy.name ?? 'policy', version: '' })
    return { decision: writeDecision(proposal.captured.request, verdict, frame), verdict }
  }

  /** Of a call of which it cannot be told whether it ran: refused, no fail mode opens that. Recorded, if that is possible. */
  async failed(proposal: Proposal, cause: unknown): Promise<Ruling> {
    const { court, assessors, recorder } = this.#parts
    const what = 'what became of this call before could not be read or written'
    const rejected = rejectCall(court, 'ledger', new GovernanceError('evaluation-failed', what, { cause }))
    const verdict: Verdict = { ...rejected, failure: { failMode: 'closed', error: cause } }
    const assessor = await assessors.of(tenantOf(proposal))
    return recorder.recordAlone(draftOf(proposal, verdict, await assessor.policy()))
  }

  /** Where the store could not say whether the call ran before: the fail mode decides. */
  unreadable(proposal: Proposal, cause: unknown): Awaitable<Ruling> {
    const { assessors, recorder } = this.#parts
    return chain(assessors.of(tenantOf(proposal)), assessor =>
      chain(assessor.policy(), policy =>
        chain(assessor.assess(proposal), found => {
          const verdict = unlessClaimed(proposal, found, undefined, policy.version)
          return recorder.unrecorded(draftOf(proposal, verdict, policy), cause, 'getReceipt')
        }),
      ),
    )
  }
}
