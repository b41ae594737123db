import type { Routes } from '../route.js'
import { any, flag, required, share, text, within } from '../shape.js'

const LIMIT = within(1, 1000)
const SIMILAR = { domain: text, action: text, tool: text, actor_type: text, axes: any, risk_score: share }
const RETRIEVAL = { ...SIMILAR, strategy: text, strategy_name: text }
const FILTER = { domain: text, tool: text }

/** What is similar, and how sure predictions turned out to be. */
export const PRECEDENT_ROUTES = {
  'POST /precedents/query': {
    body: { ...SIMILAR, intent: text, min_similarity: share, max_results: LIMIT, require_outcome: flag },
  },
  'POST /precedents/signals': {
    body: { ...SIMILAR, intent: text, min_similarity: share, max_results: LIMIT, require_outcome: flag },
  },
  'GET /precedents/stats': {},
} as const satisfies Routes

/** How sure predictions turned out to be. */
export const CALIBRATION_ROUTES = {
  'GET /calibration/report': { query: { ...FILTER, risk_band: text } },
  'GET /calibration/reliability': { query: FILTER },
  'GET /calibration/drift': { query: { window_days: within(1, 365), domain: text } },
  'GET /calibration/breakdown': { query: { by: text } },
  'GET /calibration/feedback': { query: { domain: text } },
  'GET /calibration/quality-history': { query: { days: within(1, 180), domain: text } },
  'POST /calibration/observe': {
    body: {
      case_id: required({ type: 'string', max: 256 }),
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
  },
} as const satisfies Routes

/** Finding cases, by strategies that have names. */
export const RETRIEVAL_ROUTES = {
  'POST /retrieval/query': { body: RETRIEVAL },
  'POST /retrieval/query/explained': { body: RETRIEVAL },
  'GET /retrieval/strategies': {},
  'GET /retrieval/strategy/{name}': {},
  'GET /retrieval/stats': {},
  'POST /retrieval/index': { body: { ...SIMILAR, case_id: required(text), org_id: text, verdict: text } },
  'POST /retrieval/compare': { body: { ...SIMILAR, intent: text, strategy_a: text, strategy_b: text } },
} as const satisfies Routes
