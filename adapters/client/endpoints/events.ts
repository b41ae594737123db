import type { Area } from '../endpoint.js'

/** What a service recorded. */
export const events = {
  /** Records, newest first. */
  list: {
    method: 'GET',
    path: '/events',
    query: { eventType: 'string', severity: 'string', ruleId: 'string', limit: 'number', offset: 'number' },
    answer: 'object',
  },
  /** Records, counted. */
  stats: { method: 'GET', path: '/events/stats', answer: 'object' },
} as const satisfies Area
