import type { Area } from '../endpoint.js'
import { PERIOD } from './shared.js'

/** Names one decision: one of the first three must be there. */
const REPORT = {
  requestId: 'string',
  caseId: 'string',
  validationId: 'string',
  status: 'string!',
  description: 'string',
  details: 'data',
  actualImpact: 'data',
  correctionNeeded: 'boolean',
  correctionDescription: 'string',
  correctionCost: 'number',
  timeToDetectS: 'number',
  timeToResolveS: 'number',
  rollbackPerformed: 'boolean',
  revenueImpact: 'number',
  customerImpactCount: 'number',
  supportTicketsCreated: 'number',
  observedAt: 'string',
  reportedBy: 'string',
  tags: 'strings',
} as const

/** What the world answered. */
export const outcomes = {
  /** Reports one. */
  report: {
    method: 'POST',
    path: '/outcomes/report',
    body: REPORT,
    idempotent: true,
    adjust: 'outcomeOfSomething',
  },
  /** Reports up to 100. */
  reportBatch: {
    method: 'POST',
    path: '/outcomes/report/batch',
    body: { outcomes: { list: REPORT, max: 100, required: true } },
    idempotent: true,
    adjust: 'outcomeOfSomething',
  },
  /** The outcome of a decision, by the id of its request. */
  get: { method: 'GET', path: '/outcomes/{request_id}', answer: 'object' },
  /** The outcome of a decision, by the id of its record. */
  byValidation: { method: 'GET', path: '/outcomes/by-validation/{validation_id}', answer: 'object' },
  /** The outcome of a case. */
  byCase: { method: 'GET', path: '/outcomes/by-case/{case_id}', answer: 'object' },
  /** Everything that was reported of a decision, in order. */
  timeline: { method: 'GET', path: '/outcomes/{request_id}/timeline' },
  /** Decisions whose outcome nobody has reported. */
  pending: {
    method: 'GET',
    path: '/outcomes/pending/list',
    query: { minAgeHours: 'number', limit: 'number' },
    defaults: { limit: 50 },
  },
  /** The statuses that a service knows. */
  taxonomy: { method: 'GET', path: '/outcomes/taxonomy' },
  analytics: {
    /** Outcomes, counted. */
    summary: { method: 'GET', path: '/outcomes/analytics/summary', query: PERIOD },
    /** How calls turned out that followed a recommendation, and those that did not. */
    recommendationQuality: {
      method: 'GET',
      path: '/outcomes/analytics/recommendation-quality',
      query: PERIOD,
      answer: 'object',
    },
    /** One domain, for those who only see that. */
    partnerView: { method: 'GET', path: '/outcomes/analytics/partner-view/{domain}' },
  },
} as const satisfies Area
