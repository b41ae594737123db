import type { Approval, ApprovalStatus, Vote } from 'countersign'
import { isGovernanceError } from 'countersign'
import { effectiveDigest } from '../../../src/enforce/approval/machine.js'
import { conflict, notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { APPROVAL_ROUTES } from '../../../src/service/protocol/routes/approvals.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { lineageOf } from '../auth/principal.js'
import { answersTo, type Exchange } from '../endpoint.js'
import type { Service } from '../service.js'
import { approvalsOf } from '../tally.js'
import { timeOf } from '../wire/time.js'

/** Requests to people, and their answers. */
export const approvalEndpoints = answersTo(APPROVAL_ROUTES, {
  'GET /approvals': list,
  'POST /approvals/{request_id}/resolve': resolve,
})

/** Statuses on the wire, and the core's that they are. */
const STATUSES: Readonly<Record<string, readonly ApprovalStatus[] | undefined>> = {
  pending: ['pending'],
  approved: ['approved', 'consumed'],
  denied: ['rejected'],
  expired: ['expired'],
  cancelled: ['cancelled'],
  all: ['pending', 'approved', 'consumed', 'rejected', 'expired', 'cancelled'],
}

async function list({ service, query: { status = 'pending', limit = 50 } }: Exchange): Promise<unknown> {
  const wanted = Object.hasOwn(STATUSES, status as string) ? STATUSES[status as string] : undefined
  if (wanted === undefined) {
    const words = Object.keys(STATUSES).map(word => `'${word}'`)
    throw new Refusal(422, [problem(['query', 'status'], `Input should be ${words.join(' or ')}`, 'enum')])
  }
  const found: Approval[] = []
  const [only] = wanted.length === 1 ? wanted : []
  for await (const approval of approvalsOf(service, only === undefined ? {} : { status: only })) {
    // One whose time is over is stored as pending until somebody looks.
    if (wanted.includes(approval.status)) found.push(approval)
    if (found.length >= (limit as number)) break
  }
  return Promise.all(found.map(approval => written(service, approval)))
}

/** An approval as clients know it, with the rule that asked. */
export async function written({ governor }: Service, approval: Approval): Promise<unknown> {
  const decision = await governor.decisions.get(approval.decisionId)
  return writeApproval(approval, decision?.findings.find(({ effect }) => effect === 'require_approval')?.rule)
}

async function resolve({ service, principal, params, body, reply }: Exchange): Promise<unknown> {
  const { approvals, decisions } = service.governor
  const decision = await decisions.get(params['request_id'] ?? '')
  const approval = decision?.approvalId === undefined ? undefined : await approvals.get(decision.approvalId)
  if (approval === undefined) throw notFound('approval')
  const resolution = body['resolution'] === 'approved' ? 'approved' : 'rejected'
  const { comment } = body as { readonly comment?: string | null }
  const by = principal?.name ?? ''
  const credentials = principal === undefined ? [] : lineageOf(principal)
  const answer = { resolution, by, ...(typeof comment === 'string' && { comment }) } as const
  try {
    return await written(service, await approvals.resolve(approval.id, { ...answer, credentials, once: true }))
  } catch (error) {
    if (!isGovernanceError(error, 'not-pending')) throw error
    const settled = await approvals.get(approval.id)
    if (settled === undefined || !holds(settled, answer)) {
      throw conflict('already_resolved', 'the approval was resolved before')
    }
    // Whoever goes by the answer can tell that it was given before.
    reply('idempotency-replayed', 'true')
    return written(service, settled)
  }
}

type Given = Pick<Vote, 'resolution' | 'by' | 'comment'>

/**
 * Whether a settled request is as somebody answered who now says the same once more, in the same words: whoever had no answer to
 * a first message sends it again, and is not told that it failed.
 */
function holds(approval: Approval, { resolution, by, comment }: Given): boolean {
  if (WORDS[approval.status] !== WORDS[resolution]) return false
  return approval.votes.some(
    vote =>
      vote.by === by &&
      vote.resolution === resolution &&
      vote.comment === comment &&
      // A yes is to one input; a no ends the request, whatever it had become.
      (resolution === 'rejected' || vote.digest === effectiveDigest(approval)),
  )
}

const WORDS: Readonly<Record<ApprovalStatus, string>> = {
  pending: 'pending',
  approved: 'approved',
  consumed: 'approved',
  rejected: 'denied',
  expired: 'expired',
  cancelled: 'cancelled',
}

/** A request as clients know it: by the id of the decision it holds up. */
function writeApproval(approval: Approval, rule: string | undefined) {
  const status = WORDS[approval.status]
  return {
    request_id: approval.decisionId,
    approval_id: approval.id,
    rule_id: rule ?? null,
    validation_id: approval.decisionId,
    action: approval.call.name,
    actor: approval.actor,
    value: approval.value ?? null,
    status,
    reason: approval.reason,
    created_at: timeOf(approval.at),
    expires_at: timeOf(approval.expiresAt),
    resolution: ['approved', 'denied'].includes(status) ? status : null,
    consumed: approval.status === 'consumed',
    comment: 'comment' in approval ? (approval.comment ?? null) : null,
    resolved_at: 'resolvedAt' in approval ? timeOf(approval.resolvedAt) : null,
    resolved_by: 'by' in approval ? approval.by : null,
  }
}
