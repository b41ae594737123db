import { type Endpoint, type Exchange } from '../endpoint.js'
import { any, flag, required, share, text, within } from '../shape.js'

const LIMIT = within(1, 1000)
const SIMILAR = { domain: text, action: text, tool: text, actor_type: text, axes: any, risk_score: share }
const RETRIEVAL = { ...SIMILAR, strategy: text, strategy_name: text }

/** What is similar, and how sure predictions turned out to be. */
export const precedentEndpoints: readonly Endpoint[] = [
  {
    route: 'POST /precedents/query',
    body: { ...SIMILAR, intent: text, min_similarity: share, max_results: LIMIT, require_outcome: flag },
    answer: { precedents: [], total: 0, signals: {} },
  },
  {
    route: 'POST /precedents/signals',
    body: { ...SIMILAR, intent: text, min_similarity: share, max_results: LIMIT, require_outcome: flag },
    answer: { total_precedents: 0, with_outcomes: 0, success_rate: null, negative_rate: null, warnings: [] },
  },
  { route: 'GET /precedents/stats', answer: { total: 0, with_outcomes: 0 } },
]

const FILTER = { domain: text, tool: text }

/** How sure predictions turned out to be. */
export const calibrationEndpoints: readonly Endpoint[] = [
  {
    route: 'GET /calibration/report',
    query: { ...FILTER, risk_band: text },
    answer: { total: 0, error: null, buckets: [] },
  },
  { route: 'GET /calibration/reliability', query: FILTER, answer: { bins: [] } },
  {
    route: 'GET /calibration/drift',
    query: { window_days: within(1, 365), domain: text },
    answer: { drift_detected: false, drift: null },
  },
  { route: 'GET /calibration/breakdown', query: { by: text }, answer: { breakdown: [] } },
  { route: 'GET /calibration/feedback', query: { domain: text }, answer: { feedback: [] } },
  { route: 'GET /calibration/quality-history', query: { days: within(1, 180), domain: text }, answer: { history: [] } },
  {
    route: 'POST /calibration/observe',
    body: {
      case_id: required(text),
      predicted_risk: required(share),
      outcome_status: required(text),
      domain: text,
      tool: text,
      action: text,
      actor_type: text,
      verdict: text,
      simulation_failure_rate: share,
      simulation_fragility: share,
      simulation_confidence: share,
    },
    answer: ({ body }) => ({ recorded: true, case_id: body['case_id'] }),
  },
]

/** Finding cases, by strategies that have names. */
export const retrievalEndpoints: readonly Endpoint[] = [
  { route: 'POST /retrieval/query', body: RETRIEVAL, answer: retrieved },
  { route: 'POST /retrieval/query/explained', body: RETRIEVAL, answer: retrieved },
  { route: 'GET /retrieval/strategies', answer: { strategies: ['balanced', 'consequence-focused'] } },
  { route: 'GET /retrieval/strategy/{name}', answer: ({ params }) => ({ name: params['name'], weights: {} }) },
  { route: 'GET /retrieval/stats', answer: { indexed: 0 } },
  {
    route: 'POST /retrieval/index',
    body: { ...SIMILAR, case_id: required(text), org_id: text, verdict: text },
    answer: ({ body }) => ({ indexed: true, case_id: body['case_id'] }),
  },
  {
    route: 'POST /retrieval/compare',
    body: { ...SIMILAR, intent: text, strategy_a: text, strategy_b: text },
    answer: ({ body }) => ({
      strategy_a: body['strategy_a'] ?? 'balanced',
      strategy_b: body['strategy_b'] ?? 'consequence-focused',
      overlap: 1,
    }),
  },
]

function retrieved({ body }: Exchange): unknown {
  return { strategy: body['strategy'] ?? body['strategy_name'] ?? 'balanced', results: [], total: 0 }
}
