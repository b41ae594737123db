import { CASE_ROUTES, EVENT_ROUTES, INSIGHT_ROUTES } from '../../../service/protocol/routes/cases.js'
import { checkStatus } from '../../../service/protocol/taxonomy.js'
import { endpointsOf, type Exchange } from '../endpoint.js'
import { bind, create, list, read, recordOf } from './collections.js'

/** Past decisions with what came of them. */
export const caseEndpoints = endpointsOf(CASE_ROUTES, {
  'POST /cases': create('cases', 'case_id', 'case'),
  'GET /cases': list('cases', 'cases'),
  'GET /cases/calibration': { total: 0, buckets: [], calibration_error: null },
  'POST /cases/precedents': { precedents: [], total: 0 },
  'GET /cases/{id}': read('cases'),
  'POST /cases/{id}/outcome': closeCase,
})

/** @throws Refusal 422 for a status that is in no taxonomy, 404 for an unknown case */
function closeCase(exchange: Exchange): unknown {
  const { world, body, params } = exchange
  checkStatus(world.taxonomy, body['status'], ['body', 'status'])
  const known = recordOf(exchange, 'cases')
  const outcome = { outcome_id: world.id('out'), case_id: params['id'], ...bind(body), reported_at: world.now() }
  world.outcomes.push(outcome)
  world.collection('cases').set(params['id'] ?? '', { ...known, outcome, outcome_status: body['status'] })
  return outcome
}

/** What the service makes of it all. */
export const insightEndpoints = endpointsOf(INSIGHT_ROUTES, {
  'POST /insights/advise': { advice: [], confidence: 'low' },
  'GET /insights/patterns': { patterns: [] },
  'GET /insights/patterns/learn': { learned: 0, patterns: [] },
  'GET /insights/profile': { profile: {} },
})

/** Events of the service: one for each decision and outcome. */
export const eventEndpoints = endpointsOf(EVENT_ROUTES, {
  'GET /events': ({ world, query: { limit = 50, offset = 0, event_type: type } }) => {
    const events = [
      ...world.decisions.map(({ requestId, action }) => ({
        event_id: requestId,
        event_type: 'decision_event.created',
        ...action,
      })),
      ...world.outcomes.map(outcome => ({
        event_id: outcome['outcome_id'],
        event_type: 'outcome.reported',
        ...outcome,
      })),
    ].filter(event => type === undefined || event.event_type === type)
    const page = events.slice(offset as number, (offset as number) + (limit as number))
    return { events: page, total: events.length, limit, offset }
  },
  'GET /events/stats': ({ world }) => ({
    today: world.decisions.length,
    total: world.decisions.length + world.outcomes.length,
  }),
})
