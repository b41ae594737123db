import { ACTION_ROUTES } from '../../../service/protocol/routes/actions.js'
import { endpointsOf, type Exchange } from '../endpoint.js'
import { evaluate } from '../evaluate.js'
import { bind } from './collections.js'

/** Questions about actions, in the words of clients old and new. */
export const actionEndpoints = endpointsOf(ACTION_ROUTES, {
  'POST /actions/evaluate': one,
  'POST /actions/submit': one,
  'POST /actions/submit/v2': one,
  'POST /actions/submit/dry-run': dry,
  'POST /actions/evaluate/batch': batch,
  'POST /actions/live/connect': connect,
  'POST /actions/live/heartbeat': ({ body }) => ({
    connection_id: body['connection_id'],
    status: 'connected',
    ttl_seconds: 120,
  }),
  'POST /actions/live/disconnect': ({ body }) => ({ connection_id: body['connection_id'], status: 'disconnected' }),
  'GET /actions/validations/{id}/verify': ({ params }) => ({
    valid: true,
    validation_id: params['id'],
    allowed: true,
    result: 'allowed',
  }),
  'GET /actions/status': { status: 'ok', version: 'stand-in' },
  'GET /actions/observer/stats': { insight: null, today: {}, week: {}, month: {}, all_time: {}, top_blocked_by: [] },
  'GET /actions/dashboard/summary': ({ world }) => ({
    blocked_this_month: 0,
    value_protected: 0,
    approvals_resolved: world.approvals.filter(item => item['status'] !== 'pending').length,
    total_validations_this_month: world.decisions.length,
    pending_approvals: world.approvals.filter(item => item['status'] === 'pending').length,
  }),
  'GET /actions/dashboard/value-protected-history': ({ query }) => ({
    data: [],
    total_value_protected: 0,
    total_blocked: 0,
    period_days: query['days'] ?? 30,
  }),
})

function one({ world, body }: Exchange): Promise<unknown> {
  return evaluate(world, body)
}

function dry({ world, body }: Exchange): Promise<unknown> {
  return evaluate(world, { ...body, dry_run: true })
}

/** One after the other, so that a script is followed in the order of the actions. */
async function batch({ world, body }: Exchange): Promise<unknown> {
  const answers: unknown[] = []
  const { actions, actor, domain } = body as {
    actions: readonly Record<string, unknown>[]
    actor?: unknown
    domain?: unknown
  }
  for (const action of actions) answers.push(await evaluate(world, { ...bind({ actor, domain }), ...bind(action) }))
  return answers
}

function connect({ world }: Exchange): unknown {
  const times = { ttl_seconds: 120, heartbeat_interval_seconds: 40 }
  const connections = { current_connections: 1, max_connections: 10 }
  return { connection_id: world.id('conn'), agent_id: 'agent', status: 'connected', ...connections, ...times }
}
