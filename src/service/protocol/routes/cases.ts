import type { Routes } from '../route.js'
import { any, flag, number, object, oneOf, required, shaped, share, text, texts, within } from '../shape.js'

const LIMIT = within(1, 1000)
const OFFSET = within(0, Number.MAX_SAFE_INTEGER)

/** Past decisions with what came of them. */
export const CASE_ROUTES = {
  'POST /cases': {
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
  },
  'GET /cases': {
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
  },
  'GET /cases/calibration': { query: { domain: text } },
  'POST /cases/precedents': {
    body: {
      domain: text,
      action: shaped({ action: text, tool: text, action_type: text, arguments: any, value: number, target: text }),
      context: object,
      min_similarity: share,
      limit: LIMIT,
    },
  },
  'GET /cases/{id}': {},
  'POST /cases/{id}/outcome': {
    body: {
      status: required(text),
      description: text,
      details: object,
      actual_impact: object,
      correction_needed: flag,
      rollback_performed: flag,
      revenue_impact: number,
    },
  },
} as const satisfies Routes

/** What the service makes of it all. */
export const INSIGHT_ROUTES = {
  'POST /insights/advise': { body: { tool: text, action: text, domain: text, actor_type: text, risk_band: text } },
  'GET /insights/patterns': { query: { pattern_type: text, domain: text, tool: text, min_severity: text } },
  'GET /insights/patterns/learn': {},
  'GET /insights/profile': { query: { tool: text, action: text, domain: text } },
} as const satisfies Routes

/** Events of the service: one for each decision and outcome. */
export const EVENT_ROUTES = {
  'GET /events': { query: { event_type: text, severity: text, rule_id: text, limit: LIMIT, offset: OFFSET } },
  'GET /events/stats': {},
} as const satisfies Routes
