import { type Endpoint } from '../endpoint.js'
import { any, flag, listOf, number, object, oneOf, required, shaped, text, texts, within } from '../shape.js'

const LIMIT = within(1, 10_000)

/** Simulations and what was learned: nothing was simulated here, and that is said in the service's form. */
export const learningEndpoints: readonly Endpoint[] = [
  {
    route: 'GET /simulations',
    query: { domain: text, tool: text, with_outcome: flag, limit: LIMIT },
    answer: { simulations: [], total: 0 },
  },
  { route: 'GET /simulations/accuracy', query: { domain: text, tool: text }, answer: { total: 0, accuracy: null } },
  { route: 'GET /simulations/stats', answer: { total: 0 } },
  { route: 'GET /simulations/{id}', answer: ({ params }) => ({ simulation_id: params['id'], status: 'none' }) },
  {
    route: 'GET /simulations/by-request/{id}',
    answer: ({ params }) => ({ request_id: params['id'], simulation: null }),
  },
  {
    route: 'GET /simulations/by-request/{id}/compare',
    answer: ({ params }) => ({ request_id: params['id'], comparison: null }),
  },
  { route: 'GET /ops/learning/strategy', answer: { strategy: 'balanced', version: 1 } },
  { route: 'GET /ops/learning/runs', query: { limit: LIMIT }, answer: { runs: [] } },
  ...(['recompute', 'backfill'] as const).map((job): Endpoint => ({
    route: `POST /ops/learning/${job}`,
    body: { domain: text, action_family: text, force: flag, limit: LIMIT, async_mode: flag },
    answer: ({ world }) => ({ run_id: world.id('run'), status: 'queued' }),
  })),
]

const COMPUTE = { open: { case_id: text, domain: text, tool: text, action: any } }
const COMPUTE_MANY = { open: { items: listOf(object, 500), case_ids: listOf(text, 500) } }

/** Features of cases. */
export const featureEndpoints: readonly Endpoint[] = [
  { route: 'POST /features/compute', body: COMPUTE, answer: { features: {}, schema_version: 1 } },
  { route: 'POST /features/compute/batch', body: COMPUTE_MANY, answer: { results: [], total: 0 } },
  {
    route: 'POST /features/snapshot',
    body: COMPUTE,
    answer: ({ world }) => ({ snapshot_id: world.id('snap'), features: {} }),
  },
  { route: 'POST /features/compare', body: { open: {} }, answer: { differences: [] } },
  { route: 'POST /features/export/batch', body: COMPUTE_MANY, answer: { rows: [], total: 0 } },
  { route: 'GET /features/snapshots', query: { case_id: text, tag: text, limit: LIMIT }, answer: { snapshots: [] } },
  { route: 'GET /features/schema', answer: { version: 1, features: [] } },
  { route: 'GET /features/stats', answer: { total: 0 } },
  { route: 'GET /features/snapshot/{id}', answer: ({ params }) => ({ snapshot_id: params['id'], features: {} }) },
  { route: 'GET /features/explain/{id}', answer: ({ params }) => ({ case_id: params['id'], explanations: [] }) },
  {
    route: 'GET /features/explain/{id}/{key}',
    answer: ({ params }) => ({ case_id: params['id'], feature: params['key'] }),
  },
  { route: 'GET /features/export/{id}', answer: ({ params }) => ({ case_id: params['id'], row: {} }) },
]

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
  event_type: required(oneOf(...EVENT_TYPES)),
  timestamp: any,
  request_id: text,
  case_id: text,
  validation_id: text,
  external_ref: text,
  tenant_ref: text,
  entity_id: text,
  session_id: text,
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

/** Events from elsewhere. */
export const ingestEndpoints: readonly Endpoint[] = [
  { route: 'POST /ingest', body: INGESTED, answer: ({ world }) => ({ accepted: true, event_id: world.id('ing') }) },
  {
    route: 'POST /ingest/batch',
    body: { events: required(listOf(shaped(INGESTED), 500)) },
    answer: ({ body }) => ({ accepted: (body['events'] as readonly unknown[]).length, rejected: 0 }),
  },
  {
    route: 'POST /ingest/reconcile',
    body: {
      key_name: required(oneOf('request_id', 'case_id', 'external_ref', 'tenant_ref', 'entity_id')),
      key_value: required(text),
      outcome: object,
    },
    answer: { reconciled: 0 },
  },
  { route: 'GET /ingest/lifecycles', query: { status_filter: text, limit: LIMIT }, answer: { lifecycles: [] } },
  {
    route: 'GET /ingest/lifecycle',
    query: { request_id: text, case_id: text, external_ref: text, tenant_ref: text, entity_id: text },
    answer: { lifecycle: null },
  },
  { route: 'GET /ingest/pending', query: { limit: LIMIT }, answer: { pending: [] } },
  { route: 'GET /ingest/stale', query: { stale_after_days: within(1, 365), limit: LIMIT }, answer: { stale: [] } },
  { route: 'GET /ingest/stats', answer: { total: 0 } },
  { route: 'GET /ingest/adapters', answer: { adapters: ['generic_webhook'] } },
]
