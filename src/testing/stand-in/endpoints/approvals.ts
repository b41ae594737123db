import { APPROVAL_ROUTES } from '../../../service/protocol/routes/approvals.js'
import { conflict, notFound } from '../../../service/protocol/refusal.js'
import { endpointsOf, type Exchange } from '../endpoint.js'
import { amend } from '../world.js'

/** Requests to people, and their answers. */
export const approvalEndpoints = endpointsOf(APPROVAL_ROUTES, {
  'GET /approvals': ({ world, query: { status = 'pending', limit = 50 } }) =>
    world.approvals.filter(item => status === 'all' || item['status'] === status).slice(0, limit as number),
  'POST /approvals/{request_id}/resolve': resolve,
})

function resolve({ world, params, body, reply }: Exchange): unknown {
  const { comment = null } = body
  // Two words for one answer: clients send either.
  const resolution = body['resolution'] === 'approved' ? 'approved' : 'denied'
  const item = world.approvals.find(open => open['request_id'] === params['request_id'])
  if (item === undefined) throw notFound('approval')
  if (item['status'] !== 'pending') {
    // Said once more in the same words, by whoever had no answer: it holds already.
    if (item['status'] !== resolution || (item['comment'] ?? null) !== comment)
      throw conflict('already_resolved', 'the approval was resolved before')
    reply('idempotency-replayed', 'true')
    return item
  }
  return amend(world.approvals, item, { status: resolution, resolution, comment, resolved_at: world.now() })
}
