import type { Area } from '../endpoint.js'
import { LOOKALIKE } from './shared.js'

const AGENT = { actorType: 'AI_AGENT' } as const

/** Past decisions that resemble the one at hand. */
export const precedents = {
  /** The decisions. */
  query: {
    method: 'POST',
    path: '/precedents/query',
    body: {
      ...LOOKALIKE,
      intent: 'string',
      minSimilarity: 'number',
      maxResults: 'number',
      requireOutcome: 'boolean',
    },
    defaults: AGENT,
  },
  /** What they say, summed up. */
  signals: { method: 'POST', path: '/precedents/signals', body: LOOKALIKE, defaults: AGENT },
  /** How many there are. */
  stats: { method: 'GET', path: '/precedents/stats' },
} as const satisfies Area
