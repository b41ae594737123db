import { conflict, type Endpoint, type Exchange, notFound } from '../endpoint.js'
import { oneOf, required, text, within } from '../shape.js'
import { amend } from '../world.js'

/** Requests to people, and their answers. */
export const approvalEndpoints: readonly Endpoint[] = [
  {
    route: 'GET /approvals',
    query: { status: text, limit: within(1, 1000) },
    answer: ({ world, query: { status = 'pending', limit = 50 } }) =>
      world.approvals.filter(item => status === 'all' || item['status'] === status).slice(0, limit as number),
  },
  {
    route: 'POST /approvals/{request_id}/resolve',
    access: 'approver',
    body: { resolution: required(oneOf('approved', 'denied')), comment: text },
    answer: resolve,
  },
]

function resolve({ world, params, body }: Exchange): unknown {
  const { resolution, comment = null } = body
  const item = world.approvals.find(open => open['request_id'] === params['request_id'])
  if (item === undefined) throw notFound('approval')
  if (item['status'] !== 'pending') throw conflict('already_resolved', 'the approval was resolved before')
  return amend(world.approvals, item, { status: resolution, resolution, comment, resolved_at: world.now() })
}
