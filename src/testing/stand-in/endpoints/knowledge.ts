import { CALIBRATION_ROUTES, PRECEDENT_ROUTES, RETRIEVAL_ROUTES } from '../../../service/protocol/routes/knowledge.js'
import { endpointsOf, type Exchange } from '../endpoint.js'

/** What is similar, and how sure predictions turned out to be. */
export const precedentEndpoints = endpointsOf(PRECEDENT_ROUTES, {
  'POST /precedents/query': { precedents: [], total: 0, total_precedents: 0, outcomes: {}, signals: {} },
  'POST /precedents/signals': {
    total_precedents: 0,
    with_outcomes: 0,
    success_rate: null,
    negative_rate: null,
    warnings: [],
  },
  'GET /precedents/stats': { total: 0, with_outcomes: 0 },
})

/** How sure predictions turned out to be. */
export const calibrationEndpoints = endpointsOf(CALIBRATION_ROUTES, {
  'GET /calibration/report': { n: 0, calibration_quality: 'insufficient_data', bias_direction: 'unknown' },
  'GET /calibration/reliability': { bins: [] },
  'GET /calibration/drift': { drift_detected: false, drift: null },
  'GET /calibration/breakdown': { breakdown: [] },
  'GET /calibration/feedback': { feedback: [] },
  'GET /calibration/quality-history': [],
  'POST /calibration/observe': ({ body }) => ({ recorded: true, case_id: body['case_id'] }),
})

/** Finding cases, by strategies that have names. */
export const retrievalEndpoints = endpointsOf(RETRIEVAL_ROUTES, {
  'POST /retrieval/query': retrieved,
  'POST /retrieval/query/explained': retrieved,
  'GET /retrieval/strategies': { strategies: ['balanced', 'consequence-focused'] },
  'GET /retrieval/strategy/{name}': ({ params }) => ({ name: params['name'], weights: {} }),
  'GET /retrieval/stats': { indexed: 0 },
  'POST /retrieval/index': ({ body }) => ({ indexed: true, case_id: body['case_id'] }),
  'POST /retrieval/compare': ({ body }) => ({
    strategy_a: body['strategy_a'] ?? 'balanced',
    strategy_b: body['strategy_b'] ?? 'consequence-focused',
    overlap: 1,
  }),
})

function retrieved({ body }: Exchange): unknown {
  return { strategy: body['strategy'] ?? body['strategy_name'] ?? 'balanced', results: [], total: 0 }
}
