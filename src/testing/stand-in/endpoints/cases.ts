import { type Endpoint, type Exchange } from '../endpoint.js'
import { any, flag, number, object, oneOf, required, shaped, share, text, texts, within } from '../shape.js'
import { bind, create, list, read, recordOf } from './collections.js'

const LIMIT = within(1, 1000)
const OFFSET = within(0, Number.MAX_SAFE_INTEGER)

/** Past decisions with what came of them. */
export const caseEndpoints: readonly Endpoint[] = [
  {
    route: 'POST /cases',
    body: {
      domain: required(text),
      action: required(
        shaped({
          tool: text,
          action: text,
          arguments: any,
          value: number,
          target: text,
          domain: text,
          action_type: text,
        }),
      ),
      verdict: required(
        shaped({
          verdict: required(oneOf('ALLOWED', 'BLOCKED', 'APPROVAL_REQUIRED', 'LIMITED', 'DRY_RUN')),
          mode: text,
          reasons: texts,
          risk_score: share,
          confidence: any,
        }),
      ),
      context: object,
      simulation: object,
      goal_summary: text,
      trigger_source: text,
      actor_type: text,
      actor_id: text,
      agent_model: text,
      refs: any,
      tags: texts,
    },
    answer: create('cases', 'case_id', 'case'),
  },
  {
    route: 'GET /cases',
    query: {
      domain: text,
      tool: text,
      action: text,
      verdict: text,
      outcome_status: text,
      has_outcome: flag,
      min_risk_score: share,
      max_risk_score: share,
      limit: LIMIT,
      offset: OFFSET,
    },
    answer: list('cases', 'cases'),
  },
  {
    route: 'GET /cases/calibration',
    query: { domain: text },
    answer: { total: 0, buckets: [], calibration_error: null },
  },
  {
    route: 'POST /cases/precedents',
    body: {
      domain: text,
      action: shaped({ action: text, tool: text, action_type: text, arguments: any, value: number, target: text }),
      context: object,
      min_similarity: share,
      limit: LIMIT,
    },
    answer: { precedents: [], total: 0 },
  },
  { route: 'GET /cases/{id}', answer: read('cases') },
  {
    route: 'POST /cases/{id}/outcome',
    body: {
      status: required(text),
      description: text,
      details: object,
      actual_impact: object,
      correction_needed: flag,
      rollback_performed: flag,
      revenue_impact: number,
    },
    answer: closeCase,
  },
]

function closeCase(exchange: Exchange): unknown {
  const { world, body, params } = exchange
  const known = recordOf(exchange, 'cases')
  const outcome = { outcome_id: world.id('out'), case_id: params['id'], ...bind(body), reported_at: world.now() }
  world.outcomes.push(outcome)
  world.collection('cases').set(params['id'] ?? '', { ...known, outcome, outcome_status: body['status'] })
  return outcome
}

/** What the service makes of it all. */
export const insightEndpoints: readonly Endpoint[] = [
  {
    route: 'POST /insights/advise',
    body: { tool: text, action: text, domain: text, actor_type: text, risk_band: text },
    answer: { advice: [], confidence: 'low' },
  },
  {
    route: 'GET /insights/patterns',
    query: { pattern_type: text, domain: text, tool: text, min_severity: text },
    answer: { patterns: [] },
  },
  { route: 'GET /insights/patterns/learn', answer: { learned: 0, patterns: [] } },
  { route: 'GET /insights/profile', query: { tool: text, action: text, domain: text }, answer: { profile: {} } },
]

/** Events of the service: one for each decision and outcome. */
export const eventEndpoints: readonly Endpoint[] = [
  {
    route: 'GET /events',
    query: { event_type: text, severity: text, rule_id: text, limit: LIMIT, offset: OFFSET },
    answer: ({ world, query: { limit = 50, offset = 0, event_type: type } }) => {
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
  },
  {
    route: 'GET /events/stats',
    answer: ({ world }) => ({ today: world.decisions.length, total: world.decisions.length + world.outcomes.length }),
  },
]
