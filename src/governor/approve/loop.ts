import type { Approval } from '../../approval.js'
import type { ApprovalLoop } from '../../execute/execution.js'
import type { Reporter } from '../../report/reporter.js'
import type { Decision } from '../../types.js'
import type { Proposal } from '../proposal.js'
import type { Changed } from './ballot-box.js'

/**
 * What an execution says of the request its call was held under.
 *
 * @param error why nobody could be asked, or an answer could not be used
 */
export function loopOf({ id, status }: Approval, resumed: boolean, error?: string): ApprovalLoop {
  const resolved = status !== 'pending'
  return { required: true, resolved, resumed, requestId: id, ...(error === undefined ? {} : { error }) }
}

/** Tells a call's observers of what becomes of its request. */
export function tellingOf(reporter: Reporter, { observers, profile }: Proposal, { traceId, id }: Decision): Changed {
  return ({ approval, grant }) => {
    reporter.emit(observers, traceId, id, { type: 'approval-changed', approval: reporter.viewApproval(approval) })
    if (grant === undefined) return
    const shown = reporter.viewGrant(grant, profile?.redact)
    reporter.emit(observers, traceId, id, { type: 'grant-changed', grant: shown })
  }
}
