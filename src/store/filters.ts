import type { Approval, Grant } from '../approval.js'
import type { Receipt } from '../receipt.js'
import type { DecisionRecord } from '../types.js'
import { admits } from './page.js'
import type { ApprovalFilter, DecisionFilter, GrantFilter, ReceiptFilter } from './store.js'

/** Whether a filter lets a decision through. */
export function isDecisionListed(record: DecisionRecord, filter: DecisionFilter): boolean {
  return (
    admits(filter.tool, record.tool) &&
    admits(filter.actor, record.actor) &&
    admits(filter.sessionId, record.sessionId) &&
    admits(filter.tenant, record.tenant) &&
    admits(filter.result, record.result) &&
    admits(filter.status, record.execution?.status) &&
    admits(filter.hasOutcome, record.outcomes.length > 0) &&
    (filter.since === undefined || record.at >= filter.since)
  )
}

/** Whether a filter lets an approval through. */
export function isApprovalListed(approval: Approval, filter: ApprovalFilter): boolean {
  return (
    admits(filter.status, approval.status) &&
    admits(filter.tool, approval.call.name) &&
    admits(filter.callId, approval.call.id) &&
    admits(filter.actor, approval.actor) &&
    admits(filter.sessionId, approval.sessionId) &&
    admits(filter.tenant, approval.tenant)
  )
}

/** Whether a filter lets a receipt through. */
export function isReceiptListed(receipt: Receipt, filter: ReceiptFilter): boolean {
  return (
    admits(filter.status, receipt.status) &&
    admits(filter.tool, receipt.tool) &&
    admits(filter.sessionId, receipt.sessionId) &&
    admits(filter.tenant, receipt.tenant)
  )
}

/** Whether a filter lets a grant through. */
export function isGrantListed(grant: Grant, { tool, actor, tenant, liveAt }: GrantFilter): boolean {
  return (
    admits(tool, grant.tool) &&
    admits(actor, grant.actor) &&
    admits(tenant, grant.tenant) &&
    (liveAt === undefined || (grant.revoked === undefined && grant.expiresAt > liveAt && grant.uses < grant.maxUses))
  )
}
