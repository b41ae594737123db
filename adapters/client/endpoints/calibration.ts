import type { Area } from '../endpoint.js'

/** How well predicted risk matches what happens. */
export const calibration = {
  /** Prediction against outcome. */
  report: {
    method: 'GET',
    path: '/calibration/report',
    query: { domain: 'string', tool: 'string', riskBand: 'string' },
  },
  /** The points of a reliability diagram. */
  reliability: { method: 'GET', path: '/calibration/reliability', query: { domain: 'string', tool: 'string' } },
  /** Whether it became worse. */
  drift: { method: 'GET', path: '/calibration/drift', query: { windowDays: 'number', domain: 'string' } },
  /** By domain, or another dimension. */
  breakdown: { method: 'GET', path: '/calibration/breakdown', query: { by: 'string' }, defaults: { by: 'domain' } },
  /** What would make it better. */
  feedback: { method: 'GET', path: '/calibration/feedback', query: { domain: 'string' } },
  /** Quality by day, for 1 to 180 days. */
  qualityHistory: {
    method: 'GET',
    path: '/calibration/quality-history',
    query: { days: 'number', domain: 'string' },
    defaults: { days: 30 },
  },
  /** Adds a prediction and its outcome. */
  observe: {
    method: 'POST',
    path: '/calibration/observe',
    body: {
      caseId: 'string!',
      predictedRisk: 'number!',
      outcomeStatus: 'string!',
      domain: 'string',
      tool: 'string',
      action: 'string',
      actorType: 'string',
      verdict: 'string',
      simulationFailureRate: 'number',
      simulationFragility: 'number',
      simulationConfidence: 'number',
    },
    once: true,
  },
} as const satisfies Area
