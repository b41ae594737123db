import type { Area } from '../endpoint.js'

const KEYS = {
  requestId: 'string',
  caseId: 'string',
  externalRef: 'string',
  tenantRef: 'string',
  entityId: 'string',
} as const
const EVENT = {
  eventType: {
    oneOf: [
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
    ],
    required: true,
  },
  timestamp: 'string',
  ...KEYS,
  validationId: 'string',
  sessionId: 'string',
  action: 'json',
  context: 'data',
  execution: { object: { executed: 'boolean', statusCode: 'number', error: 'string?' }, open: true },
  outcome: { object: { status: 'string', description: 'string', revenueImpact: 'number' }, open: true },
  humanFeedback: 'any',
  intent: 'any',
  adapter: 'string',
  domain: 'string',
  tags: 'strings',
} as const

/** Events from elsewhere, put together to lifecycles. */
export const ingest = {
  /** Adds an event. */
  event: {
    method: 'POST',
    path: '/ingest',
    body: EVENT,
    defaults: { adapter: 'generic_webhook' },
    idempotent: true,
    once: true,
  },
  /** Adds up to 500. */
  batch: {
    method: 'POST',
    path: '/ingest/batch',
    body: { events: { list: EVENT, max: 500, required: true } },
    idempotent: true,
    once: true,
  },
  /** Joins an outcome to the lifecycle that a key names: `{ keyName, keyValue }`, or short `{ requestId }`. */
  reconcile: {
    method: 'POST',
    path: '/ingest/reconcile',
    body: { keyName: 'string', keyValue: 'string', ...KEYS, outcome: 'json!' },
    idempotent: true,
    adjust: 'reconcileKey',
  },
  /** Lifecycles, 50 at a time. */
  lifecycles: {
    method: 'GET',
    path: '/ingest/lifecycles',
    query: { statusFilter: 'string', limit: 'number' },
    defaults: { limit: 50 },
  },
  /** The lifecycle that a key names. */
  lifecycle: { method: 'GET', path: '/ingest/lifecycle', query: KEYS },
  /** Those that wait for an outcome. */
  pending: { method: 'GET', path: '/ingest/pending', query: { limit: 'number' }, defaults: { limit: 50 } },
  /** Those that have waited too long. */
  stale: {
    method: 'GET',
    path: '/ingest/stale',
    query: { staleAfterDays: 'number', limit: 'number' },
    defaults: { staleAfterDays: 7 },
  },
  /** How many there are. */
  stats: { method: 'GET', path: '/ingest/stats' },
  /** Where events can come from. */
  adapters: { method: 'GET', path: '/ingest/adapters' },
} as const satisfies Area
