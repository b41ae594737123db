import { type Endpoint, type Exchange } from '../endpoint.js'
import { any, flag, having, listOf, object, oneOf, required, share, text, within } from '../shape.js'

/** What is known of events; clients of other versions say more. */
const EVENT = {
  event_id: required(text),
  seq: within(0, Number.MAX_SAFE_INTEGER),
  schema_version: within(1, 100),
  source_version: text,
  tool: required(text),
  status: required(oneOf('executed', 'blocked', 'approval_required', 'tool_error')),
  decision: object,
  arguments: any,
  call_id: text,
  output: any,
  error: any,
  timestamp: any,
  trace_id: text,
  request_id: text,
  recommendation: text,
  risk_score: share,
  enforcement_mode: text,
  trajectory_health: any,
  decision_packet: object,
  model: text,
  actor: text,
  domain: text,
  session_id: text,
}
const WINDOW = { window_hours: within(1, 8760), tool: text, domain: text, actor: text, source: text }

/** What was done, told for later, and what is made of it. */
export const memoryEndpoints: readonly Endpoint[] = [
  {
    route: 'POST /actions/memory/ingest',
    body: {
      source: required(text),
      events: required(listOf(having(EVENT))),
      redact: flag,
      redaction_policy: text,
      source_version: text,
      actor: text,
      domain: text,
      model: text,
      trace_id: text,
    },
    answer: ingest,
  },
  {
    route: 'GET /actions/memory/context',
    query: { ...WINDOW, limit_recent: within(1, 1000) },
    answer: context,
  },
  {
    route: 'POST /actions/memory/refresh-aggregates',
    query: { concurrent: flag, window_hours: within(1, 8760) },
    answer: ({ query }) => ({ refreshed: true, mode: query['concurrent'] === true ? 'concurrent' : 'full' }),
  },
  {
    route: 'POST /actions/memory/recommendations',
    body: {
      ...WINDOW,
      scope: object,
      min_events: within(0, 1_000_000),
      min_blocked_rate: share,
      min_approval_rate: share,
      min_tool_error_rate: share,
      limit_recommendations: within(1, 100),
      include_examples: flag,
      auto_apply: flag,
    },
    answer: ({ world, body }) => ({
      org_id: 'org_stand_in',
      plan: 'stand-in',
      window_hours: body['window_hours'] ?? 24,
      generated_at: world.now(),
      filters: {},
      summary: {},
      recommendations: [],
    }),
  },
]

/** An event that came before is not stored again: clients send at least once. */
function ingest({ world, body }: Exchange): unknown {
  const { source, events, ...common } = body as { source: string; events: readonly Record<string, unknown>[] }
  const known = new Set(world.memory.map(event => event['event_id']))
  const fresh = events.filter(event => !known.has(event['event_id']) && known.add(event['event_id']))
  world.memory.push(...fresh.map(event => ({ ...common, source, ...event })))
  return { accepted: fresh.length, total_stored: world.memory.length, source }
}

function context({ world, query }: Exchange): unknown {
  const { window_hours: hours = 24, limit_recent: limit = 25, ...filters } = query
  const events = world.memory.filter(event => Object.entries(filters).every(([name, value]) => event[name] === value))
  const rate = (status: string): number =>
    events.length === 0 ? 0 : events.filter(event => event['status'] === status).length / events.length
  return {
    org_id: 'org_stand_in',
    window_hours: hours,
    filters,
    total_events: events.length,
    blocked_rate: rate('blocked'),
    approval_rate: rate('approval_required'),
    tool_error_rate: rate('tool_error'),
    avg_risk_score: null,
    top_tools: [...Map.groupBy(events, event => event['tool'])].map(([tool, of]) => ({ tool, count: of.length })),
    top_block_reasons: [],
    recent_events: events.slice(-(limit as number)).toReversed(),
  }
}
