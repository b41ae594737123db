import { OUTCOME_ROUTES } from '../../../service/protocol/routes/outcomes.js'
import { notFound, Refusal } from '../../../service/protocol/refusal.js'
import { checkStatus } from '../../../service/protocol/taxonomy.js'
import { endpointsOf, type Endpoint, type Exchange } from '../endpoint.js'
import { problem } from '../../../service/protocol/validate.js'
import type { WireRecord } from '../world.js'
import { bind } from './collections.js'

/** What the world answered, reported against decisions. */
export const outcomeEndpoints = endpointsOf(OUTCOME_ROUTES, {
  'POST /outcomes/report': exchange => report(exchange, exchange.body, ['body']),
  'POST /outcomes/report/batch': reportAll,
  'GET /outcomes/taxonomy': ({ world }) => ({ statuses: world.taxonomy }),
  'GET /outcomes/pending/list': pending,
  'GET /outcomes/{request_id}': by('request_id'),
  'GET /outcomes/{request_id}/timeline': timeline,
  'GET /outcomes/by-validation/{validation_id}': by('validation_id'),
  'GET /outcomes/by-case/{case_id}': by('case_id'),
  'GET /outcomes/analytics/summary': ({ world }) => ({
    total: world.outcomes.length,
    by_status: Object.fromEntries(
      [...Map.groupBy(world.outcomes, outcome => String(outcome['status']))].map(([status, of]) => [status, of.length]),
    ),
  }),
  'GET /outcomes/analytics/recommendation-quality': {
    total_with_outcome: 0,
    follow_rate: null,
    positive_after_following: null,
    quadrants: { followed_positive: 0, followed_negative: 0, ignored_positive: 0, ignored_negative: 0 },
    by_domain: [],
    by_actor: [],
    trend: [],
    examples: { helped: [], missed: [] },
  },
  'GET /outcomes/analytics/partner-view/{domain}': {
    overview: {},
    recommendation_quality: {},
    trend: [],
    by_action: [],
    sparse_evidence: true,
    examples: { helped: [], missed: [] },
  },
})

/** @throws Refusal 422 for a status that is in no taxonomy, or an outcome of nothing; 404 for one of an unknown decision */
function report({ world }: Exchange, body: WireRecord, at: readonly (string | number)[]): WireRecord {
  const { status, request_id: requestId, case_id: caseId, validation_id: validationId } = bind(body)
  checkStatus(world.taxonomy, status, [...at, 'status'])
  if (requestId === undefined && caseId === undefined && validationId === undefined) {
    throw new Refusal(422, [problem([...at], 'One of request_id, case_id, validation_id is required', 'value_error')])
  }
  const decision = world.decisions.find(known => known.requestId !== undefined && known.requestId === requestId)
  if (requestId !== undefined && decision === undefined) throw notFound('decision')
  const reported = {
    outcome_id: world.id('out'),
    org_id: 'org_stand_in',
    case_id: null,
    category: status === 'SUCCESS' ? 'positive' : 'negative',
    severity: status === 'SUCCESS' ? 0 : 0.5,
    reported_at: world.now(),
    report_source: 'api',
    decision_context: { action: decision?.action.action ?? null, domain: decision?.action.domain ?? null },
    ...body,
  }
  world.outcomes.push(reported)
  return reported
}

/** Each is stored or not by itself; what is wrong with one is said beside its place. */
function reportAll(exchange: Exchange): unknown {
  const results: unknown[] = []
  const errors: unknown[] = []
  for (const [index, outcome] of (exchange.body['outcomes'] as readonly WireRecord[]).entries()) {
    try {
      results.push(report(exchange, outcome, ['body', 'outcomes', index]))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      errors.push({ index, detail: error.detail })
    }
  }
  return { accepted: results.length, rejected: errors.length, results, errors }
}

/** The newest outcome with such an id. */
function by(key: string): Endpoint['answer'] {
  return ({ world, params }) => {
    const found = world.outcomes.findLast(outcome => outcome[key] === params[key])
    if (found === undefined) throw notFound('outcome')
    return found
  }
}

function timeline({ world, params }: Exchange): unknown {
  const requestId = params['request_id']
  if (!world.decisions.some(decision => decision.requestId === requestId)) throw notFound('decision')
  const outcomes = world.outcomes.filter(outcome => outcome['request_id'] === requestId)
  return {
    request_id: requestId,
    events: [{ type: 'decision' }, ...outcomes.map(outcome => ({ type: 'outcome', outcome }))],
  }
}

function pending({ world, query }: Exchange): unknown {
  const known = new Set(world.outcomes.map(outcome => outcome['request_id']))
  const open = world.decisions.filter(({ requestId }) => requestId !== undefined && !known.has(requestId))
  return open
    .slice(0, (query['limit'] as number | undefined) ?? 50)
    .map(({ requestId, action }) => ({ request_id: requestId, action: action.action, domain: action.domain ?? null }))
}
