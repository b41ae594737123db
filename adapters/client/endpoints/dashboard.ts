import type { Area } from '../endpoint.js'

/** Figures for people. */
export const dashboard = {
  /** This month at a glance. */
  summary: { method: 'GET', path: '/actions/dashboard/summary', answer: 'object' },
  /** What blocked calls would have moved, day by day. */
  valueProtectedHistory: {
    method: 'GET',
    path: '/actions/dashboard/value-protected-history',
    query: { days: 'number' },
    defaults: { days: 30 },
    answer: 'object',
  },
} as const satisfies Area

/** Records of decisions. */
export const validations = {
  /** Whether a recorded decision is still what it was when it was made. */
  verify: { method: 'GET', path: '/actions/validations/{validation_id}/verify', answer: 'object' },
} as const satisfies Area
