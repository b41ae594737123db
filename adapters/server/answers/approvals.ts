import type { Approval } from 'countersign'
import { conflict, notFound } from '../../../src/service/protocol/refusal.js'
import { APPROVAL_ROUTES } from '../../../src/service/protocol/routes/approvals.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { timeOf } from '../wire/time.js'

/** Requests to people, and their answers. */
export const approvalEndpoints = answersTo(APPROVAL_ROUTES, {
  'GET /approvals': async ({ service, query: { status = 'pending', limit = 50 } }) => {
    const approvals = await service.governor.approvals.list({ limit: limit as number })
    return approvals.map(writeApproval).filter(item => status === 'all' || item.status === status)
  },
  'POST /approvals/{request_id}/resolve': resolve,
})

async function resolve({ service, principal, params, body }: Exchange): Promise<unknown> {
  const { approvals, decisions } = service.governor
  const decision = await decisions.get(params['request_id'] ?? '')
  const approval = decision?.approvalId === undefined ? undefined : await approvals.get(decision.approvalId)
  if (approval === undefined) throw notFound('approval')
  if (approval.status !== 'pending') throw conflict('already_resolved', 'the approval was resolved before')
  const resolution = body['resolution'] === 'approved' ? 'approved' : 'rejected'
  const { comment } = body as { readonly comment?: string | null }
  const by = principal?.name ?? ''
  return writeApproval(
    await approvals.resolve(approval.id, { resolution, by, ...(typeof comment === 'string' ? { comment } : {}) }),
  )
}

/** A request as clients know it: by the id of the decision it holds up. */
function writeApproval(approval: Approval) {
  const status = approval.status === 'rejected' ? 'denied' : approval.status
  return {
    request_id: approval.decisionId,
    approval_id: approval.id,
    rule_id: null,
    validation_id: approval.decisionId,
    action: approval.call.name,
    actor: approval.actor,
    value: approval.value ?? null,
    status,
    reason: approval.reason,
    created_at: timeOf(approval.at),
    expires_at: timeOf(approval.expiresAt),
    resolution: ['approved', 'denied'].includes(status) ? status : null,
    comment: 'comment' in approval ? (approval.comment ?? null) : null,
    resolved_at: 'resolvedAt' in approval ? timeOf(approval.resolvedAt) : null,
    resolved_by: 'by' in approval ? approval.by : null,
  }
}
