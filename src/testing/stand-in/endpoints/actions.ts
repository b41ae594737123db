import { type Endpoint, type Exchange } from '../endpoint.js'
import { evaluate } from '../evaluate.js'
import { flag, listOf, number, object, oneOf, required, shaped, text, within } from '../shape.js'
import { bind } from './collections.js'

const ACTION = { action: required(text), actor: text, value: number, target: text, domain: text, context: object }
const EVALUATE = { ...ACTION, metadata: object, dry_run: flag, check_contracts: flag }
const LIVE = { connection_mode: oneOf('live'), require_live_connection: flag, connection_id: text }

/** Questions about actions, in the words of clients old and new. */
export const actionEndpoints: readonly Endpoint[] = [
  { route: 'POST /actions/evaluate', body: { ...EVALUATE, ...LIVE }, answer: one },
  { route: 'POST /actions/submit', body: { ...EVALUATE, ...LIVE }, answer: one },
  { route: 'POST /actions/submit/v2', body: { open: EVALUATE }, answer: one },
  { route: 'POST /actions/submit/dry-run', body: { open: EVALUATE }, answer: dry },
  {
    route: 'POST /actions/evaluate/batch',
    body: { actions: required(listOf(shaped(EVALUATE), 100)), actor: text, domain: text },
    answer: batch,
  },
  { route: 'POST /actions/live/connect', body: { actor: text, context: object }, answer: connect },
  {
    route: 'POST /actions/live/heartbeat',
    body: { connection_id: required(text), context: object },
    answer: ({ body }) => ({ connection_id: body['connection_id'], status: 'connected', ttl_seconds: 120 }),
  },
  {
    route: 'POST /actions/live/disconnect',
    body: { connection_id: required(text), context: object },
    answer: ({ body }) => ({ connection_id: body['connection_id'], status: 'disconnected' }),
  },
  {
    route: 'GET /actions/validations/{id}/verify',
    answer: ({ params }) => ({ valid: true, validation_id: params['id'], allowed: true, result: 'allowed' }),
  },
  { route: 'GET /actions/status', answer: { status: 'ok', version: 'stand-in' } },
  {
    route: 'GET /actions/observer/stats',
    answer: { insight: null, today: {}, week: {}, month: {}, all_time: {}, top_blocked_by: [] },
  },
  {
    route: 'GET /actions/dashboard/summary',
    answer: ({ world }) => ({
      blocked_this_month: 0,
      value_protected: 0,
      approvals_resolved: world.approvals.filter(item => item['status'] !== 'pending').length,
      total_validations_this_month: world.decisions.length,
      pending_approvals: world.approvals.filter(item => item['status'] === 'pending').length,
    }),
  },
  {
    route: 'GET /actions/dashboard/value-protected-history',
    query: { days: within(1, 365) },
    answer: ({ query }) => ({ data: [], total_value_protected: 0, total_blocked: 0, period_days: query['days'] ?? 30 }),
  },
]

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
