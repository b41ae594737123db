import type { Area } from '../endpoint.js'
import { LOOKALIKE } from './shared.js'

const QUERY = { ...LOOKALIKE, strategy: 'string', strategyName: 'string' } as const
const DEFAULTS = { actorType: 'AI_AGENT', strategy: 'balanced' } as const

/** Search among cases. */
export const retrieval = {
  /** Cases for an action, by a strategy. */
  query: {
    method: 'POST',
    path: '/retrieval/query',
    body: QUERY,
    defaults: DEFAULTS,
    adjust: 'bothStrategyNames',
  },
  /** The same, with the reasons. */
  queryExplained: {
    method: 'POST',
    path: '/retrieval/query/explained',
    body: QUERY,
    defaults: DEFAULTS,
    adjust: 'bothStrategyNames',
  },
  /** The strategies there are. */
  strategies: { method: 'GET', path: '/retrieval/strategies' },
  /** One strategy. */
  strategy: { method: 'GET', path: '/retrieval/strategy/{name}' },
  /** How much is indexed. */
  stats: { method: 'GET', path: '/retrieval/stats' },
  /** Makes a case findable. */
  index: {
    method: 'POST',
    path: '/retrieval/index',
    body: {
      caseId: 'string!',
      orgId: 'string!',
      tool: 'string!',
      action: 'string!',
      domain: 'string!',
      actorType: 'string',
      riskScore: 'number',
      verdict: 'string',
      axes: 'data',
    },
    defaults: { actorType: 'AI_AGENT', riskScore: 0, verdict: 'ALLOWED' },
  },
  /** Two strategies on one question. */
  compare: {
    method: 'POST',
    path: '/retrieval/compare',
    body: {
      domain: 'string',
      tool: 'string',
      action: 'string',
      actorType: 'string',
      axes: 'data',
      riskScore: 'number',
      intent: 'string',
      strategyA: 'string',
      strategyB: 'string',
    },
    defaults: { strategyA: 'balanced', strategyB: 'consequence-focused' },
  },
} as const satisfies Area
