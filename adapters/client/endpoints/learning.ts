import type { Area } from '../endpoint.js'

const RUN = {
  domain: 'string',
  actionFamily: 'string',
  force: 'boolean',
  limit: 'number',
  asyncMode: 'boolean',
} as const
const DEFAULTS = { limit: 5000, asyncMode: true } as const

/** How a service learns. */
export const learning = {
  /** The strategy in force. */
  strategy: { method: 'GET', path: '/ops/learning/strategy' },
  /** Recent runs. */
  runs: { method: 'GET', path: '/ops/learning/runs', query: { limit: 'number' }, defaults: { limit: 50 } },
  /** Learns anew. */
  recompute: { method: 'POST', path: '/ops/learning/recompute', body: RUN, defaults: DEFAULTS, once: true },
  /** Learns from outcomes that were there before. */
  backfill: { method: 'POST', path: '/ops/learning/backfill', body: RUN, defaults: DEFAULTS, once: true },
} as const satisfies Area
