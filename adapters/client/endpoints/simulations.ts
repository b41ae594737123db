import type { Area } from '../endpoint.js'

/** What a service thought would happen. */
export const simulations = {
  /** Simulations, 50 at a time. */
  list: {
    method: 'GET',
    path: '/simulations',
    query: { domain: 'string', tool: 'string', withOutcome: 'boolean', limit: 'number' },
    defaults: { limit: 50 },
  },
  /** One simulation. */
  get: { method: 'GET', path: '/simulations/{snapshot_id}' },
  /** The one of a decision. */
  byRequest: { method: 'GET', path: '/simulations/by-request/{request_id}' },
  /** The one of a decision, beside what happened. */
  compare: { method: 'GET', path: '/simulations/by-request/{request_id}/compare' },
  /** How often they were right. */
  accuracy: { method: 'GET', path: '/simulations/accuracy', query: { domain: 'string', tool: 'string' } },
  /** How many there are. */
  stats: { method: 'GET', path: '/simulations/stats' },
} as const satisfies Area
