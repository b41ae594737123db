import type { Area } from '../endpoint.js'

/** Patterns in what happened. */
export const insights = {
  /** Advice on an action. */
  advise: {
    method: 'POST',
    path: '/insights/advise',
    body: { tool: 'string!', action: 'string!', domain: 'string!', actorType: 'string', riskBand: 'string' },
    defaults: { actorType: 'AI_AGENT' },
  },
  /** The patterns there are. */
  patterns: {
    method: 'GET',
    path: '/insights/patterns',
    query: { patternType: 'string', domain: 'string', tool: 'string', minSeverity: 'string' },
  },
  /** Looks for new ones. */
  learn: { method: 'GET', path: '/insights/patterns/learn' },
  /** How a tool, an action or a domain does. */
  profile: {
    method: 'GET',
    path: '/insights/profile',
    query: { tool: 'string', action: 'string', domain: 'string' },
  },
} as const satisfies Area
