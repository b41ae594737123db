import type { Routes } from '../route.js'
import { flag, listOf, number, object, required, shaped, text, texts, within } from '../shape.js'

const REPORT = {
  status: required(text),
  request_id: text,
  case_id: text,
  validation_id: text,
  description: text,
  details: object,
  actual_impact: object,
  correction_needed: flag,
  correction_description: text,
  correction_cost: number,
  time_to_detect_s: number,
  time_to_resolve_s: number,
  rollback_performed: flag,
  revenue_impact: number,
  customer_impact_count: within(0, Number.MAX_SAFE_INTEGER),
  support_tickets_created: within(0, Number.MAX_SAFE_INTEGER),
  observed_at: text,
  reported_by: text,
  tags: texts,
}
const PERIOD = { domain: text, since: text, until: text }

/** What the world answered, reported against decisions. */
export const OUTCOME_ROUTES = {
  'POST /outcomes/report': { body: REPORT },
  'POST /outcomes/report/batch': { body: { outcomes: required(listOf(shaped(REPORT), 100)) } },
  'GET /outcomes/taxonomy': {},
  'GET /outcomes/pending/list': { query: { min_age_hours: number, limit: within(1, 1000) } },
  'GET /outcomes/{request_id}': {},
  'GET /outcomes/{request_id}/timeline': {},
  'GET /outcomes/by-validation/{validation_id}': {},
  'GET /outcomes/by-case/{case_id}': {},
  'GET /outcomes/analytics/summary': { query: PERIOD },
  'GET /outcomes/analytics/recommendation-quality': { query: PERIOD },
  'GET /outcomes/analytics/partner-view/{domain}': { query: PERIOD },
} as const satisfies Routes
