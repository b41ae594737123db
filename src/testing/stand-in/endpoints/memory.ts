import { MEMORY_ROUTES } from '../../../service/protocol/routes/memory.js'
import { endpointsOf, type Exchange } from '../endpoint.js'

/** What was done, told for later, and what is made of it. */
export const memoryEndpoints = endpointsOf(MEMORY_ROUTES, {
  'POST /actions/memory/ingest': ingest,
  'GET /actions/memory/context': context,
  'POST /actions/memory/refresh-aggregates': ({ query }) => ({
    refreshed: true,
    mode: query['concurrent'] === true ? 'concurrent' : 'full',
  }),
  'POST /actions/memory/recommendations': ({ world, body }) => ({
    org_id: 'org_stand_in',
    plan: 'stand-in',
    window_hours: body['window_hours'] ?? 24,
    generated_at: world.now(),
    filters: {},
    summary: {},
    recommendations: [],
  }),
})

/** An event that came before is not stored again: clients send at least once. */
function ingest({ world, body }: Exchange): unknown {
  const { source, events, ...common } = body as { source: string; events: readonly Record<string, unknown>[] }
  const known = new Set(world.memory.map(event => event['event_id']))
  const fresh = events
    .map(event => Object.assign({ event_id: world.id('mem') }, event))
    .filter(event => !known.has(event['event_id']) && known.add(event['event_id']))
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
