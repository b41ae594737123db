import type { Area } from '../endpoint.js'

const FILTERS = { tool: 'string', domain: 'string', actor: 'string', source: 'string' } as const

/** What a service remembers of calls. */
export const memory = {
  /** Tells it of calls. Events that carry an `eventId` are counted once. */
  ingest: {
    method: 'POST',
    path: '/actions/memory/ingest',
    body: {
      source: 'string',
      events: {
        list: {
          eventId: 'string',
          seq: 'number',
          schemaVersion: 'number',
          sourceVersion: 'string',
          tool: 'string',
          status: 'string',
          decision: 'json',
          arguments: 'data',
          callId: 'string',
          output: 'any',
          error: 'string?',
          timestamp: 'string',
        },
        open: true,
        required: true,
      },
      redact: 'boolean',
      redactionPolicy: 'string',
      sourceVersion: 'string',
      actor: 'string',
      domain: 'string',
      model: 'string',
      traceId: 'string',
    },
    defaults: { source: 'adapter', redact: true, redactionPolicy: 'default' },
    idempotent: true,
  },
  /** Rates and recent calls. */
  context: {
    method: 'GET',
    path: '/actions/memory/context',
    query: { windowHours: 'number', ...FILTERS, limitRecent: 'number' },
    defaults: { windowHours: 24, limitRecent: 25 },
    answer: 'object',
  },
  /** Counts anew. */
  refreshAggregates: {
    method: 'POST',
    path: '/actions/memory/refresh-aggregates',
    query: { concurrent: 'boolean', windowHours: 'number' },
    defaults: { concurrent: false, windowHours: 24 },
  },
  /** Changes to rules that the calls suggest. With `autoApply` the service makes them: that takes an approver. */
  recommendations: {
    method: 'POST',
    path: '/actions/memory/recommendations',
    body: {
      windowHours: 'number',
      scope: 'json',
      ...FILTERS,
      minEvents: 'number',
      minBlockedRate: 'number',
      minApprovalRate: 'number',
      minToolErrorRate: 'number',
      limitRecommendations: 'number',
      includeExamples: 'boolean',
      autoApply: 'boolean',
    },
    defaults: {
      windowHours: 24,
      minEvents: 20,
      minBlockedRate: 0.15,
      minApprovalRate: 0.1,
      minToolErrorRate: 0.05,
      limitRecommendations: 10,
      includeExamples: true,
      autoApply: false,
    },
    approverIf: 'autoApply',
    answer: 'object',
  },
} as const satisfies Area
