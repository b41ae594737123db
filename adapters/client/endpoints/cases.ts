import type { Area } from '../endpoint.js'

/** Decisions as examples to learn from. */
export const cases = {
  /** Adds one. */
  create: {
    method: 'POST',
    path: '/cases',
    body: {
      domain: 'string!',
      action: {
        object: {
          tool: 'string',
          action: 'string',
          arguments: 'data',
          value: 'number',
          target: 'string',
          domain: 'string',
        },
        required: true,
      },
      verdict: {
        object: {
          verdict: { oneOf: ['ALLOWED', 'BLOCKED', 'APPROVAL_REQUIRED', 'LIMITED', 'DRY_RUN'], required: true },
          mode: 'string',
          reasons: 'strings',
          riskScore: 'number',
          confidence: 'any',
        },
        required: true,
      },
      context: 'data',
      simulation: 'json',
      goalSummary: 'string',
      triggerSource: 'string',
      actorType: 'string',
      actorId: 'string',
      agentModel: 'string',
      refs: 'data',
      tags: 'strings',
    },
    idempotent: true,
    once: true,
  },
  /** Cases, 50 at a time. */
  list: {
    method: 'GET',
    path: '/cases',
    query: {
      domain: 'string',
      tool: 'string',
      action: 'string',
      verdict: 'string',
      outcomeStatus: 'string',
      hasOutcome: 'boolean',
      minRiskScore: 'number',
      maxRiskScore: 'number',
      limit: 'number',
      offset: 'number',
    },
    defaults: { limit: 50, offset: 0 },
  },
  /** One case. */
  get: { method: 'GET', path: '/cases/{case_id}' },
  /** Reports how one turned out. */
  reportOutcome: {
    method: 'POST',
    path: '/cases/{case_id}/outcome',
    body: {
      status: 'string!',
      description: 'string',
      details: 'data',
      actualImpact: 'data',
      correctionNeeded: 'boolean',
      rollbackPerformed: 'boolean',
      revenueImpact: 'number',
    },
    idempotent: true,
  },
  /** Cases that resemble an action. */
  precedents: {
    method: 'POST',
    path: '/cases/precedents',
    body: {
      domain: 'string',
      action: {
        object: {
          action: 'string!',
          tool: 'string',
          actionType: 'string',
          arguments: 'data',
          value: 'number',
          target: 'string',
        },
        required: true,
      },
      context: {
        object: { axes: 'data', axesRiskScore: 'number', intent: 'string', irreversibility: 'any' },
      },
      minSimilarity: 'number',
      limit: 'number',
    },
    defaults: { minSimilarity: 0.5, limit: 20 },
  },
  /** How well predicted risk matched what happened. */
  calibration: { method: 'GET', path: '/cases/calibration', query: { domain: 'string' } },
} as const satisfies Area
