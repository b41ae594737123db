import type { Routes } from '../route.js'
import { any, flag, listOf, number, object, oneOf, required, shaped, text, texts, within } from '../shape.js'

const LIMIT = within(1, 10_000)
/** What things are found by. */
const key = { type: 'string', max: 256 } as const
const JOB = { domain: text, action_family: text, force: flag, limit: LIMIT, async_mode: flag }
const COMPUTE = { open: { case_id: key, domain: text, tool: text, action: any } }
const COMPUTE_MANY = { open: { items: listOf(object, 500), cases: listOf(object, 500), case_ids: listOf(text, 500) } }
const EVENT_TYPES = [
  'ACTION_PROPOSED',
  'ACTION_EXECUTED',
  'ACTION_BLOCKED',
  'HUMAN_OVERRIDE',
  'HUMAN_APPROVAL',
  'HUMAN_REJECTION',
  'OUTCOME_OBSERVED',
  'OUTCOME_UPDATED',
  'ROLLBACK_PERFORMED',
  'CORRECTION_APPLIED',
  'ESCALATION_TRIGGERED',
  'FRAUD_DETECTED',
  'CHURN_SIGNAL',
  'TICKET_REOPENED',
  'REFUND_COMPLETED',
  'PRICING_CORRECTION',
]
const INGESTED = {
  event_id: key,
  event_type: required(oneOf(...EVENT_TYPES)),
  timestamp: any,
  request_id: key,
  case_id: key,
  validation_id: key,
  external_ref: key,
  tenant_ref: key,
  entity_id: key,
  session_id: key,
  action: any,
  context: object,
  execution: shaped({ executed: flag, status_code: number, error: any }),
  outcome: shaped({ status: text, description: text, revenue_impact: number }),
  human_feedback: any,
  intent: any,
  adapter: text,
  domain: text,
  tags: texts,
}

/** Simulations and what was learned. */
export const LEARNING_ROUTES = {
  'GET /simulations': { query: { domain: text, tool: text, with_outcome: flag, limit: LIMIT } },
  'GET /simulations/accuracy': { query: { domain: text, tool: text } },
  'GET /simulations/stats': {},
  'GET /simulations/{id}': {},
  'GET /simulations/by-request/{id}': {},
  'GET /simulations/by-request/{id}/compare': {},
  'GET /ops/learning/strategy': {},
  'GET /ops/learning/runs': { query: { limit: LIMIT } },
  'POST /ops/learning/recompute': { body: JOB },
  'POST /ops/learning/backfill': { body: JOB },
} as const satisfies Routes

/** Features of cases. */
export const FEATURE_ROUTES = {
  'POST /features/compute': { body: COMPUTE },
  'POST /features/compute/batch': { body: COMPUTE_MANY },
  'POST /features/snapshot': { body: COMPUTE },
  'POST /features/compare': { body: { open: {} } },
  'POST /features/export/batch': { body: COMPUTE_MANY },
  'GET /features/snapshots': { query: { case_id: text, tag: text, limit: LIMIT } },
  'GET /features/schema': {},
  'GET /features/stats': {},
  'GET /features/snapshot/{id}': {},
  'GET /features/explain/{id}': {},
  'GET /features/explain/{id}/{key}': {},
  'GET /features/export/{id}': {},
} as const satisfies Routes

/** Events from elsewhere. */
export const INGEST_ROUTES = {
  'POST /ingest': { body: INGESTED },
  'POST /ingest/batch': { body: { events: required(listOf(shaped(INGESTED), 500)) } },
  'POST /ingest/reconcile': {
    body: {
      key_name: required(oneOf('request_id', 'case_id', 'external_ref', 'tenant_ref', 'entity_id')),
      key_value: required(key),
      outcome: object,
    },
  },
  'GET /ingest/lifecycles': { query: { status_filter: text, limit: LIMIT } },
  'GET /ingest/lifecycle': {
    query: { request_id: text, case_id: text, external_ref: text, tenant_ref: text, entity_id: text },
  },
  'GET /ingest/pending': { query: { limit: LIMIT } },
  'GET /ingest/stale': { query: { stale_after_days: within(1, 365), limit: LIMIT } },
  'GET /ingest/stats': {},
  'GET /ingest/adapters': {},
} as const satisfies Routes
