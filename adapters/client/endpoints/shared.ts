import type { Fields } from '../endpoint.js'

/** What a call looks like to a service: the fields of an evaluation. */
export const CALL = {
  action: 'string!',
  actor: 'string',
  value: 'number',
  target: 'string',
  domain: 'string',
  context: 'data',
} as const satisfies Fields

/** What an action resembles: the fields of a search for precedents. */
export const LOOKALIKE = {
  domain: 'string!',
  action: 'string!',
  tool: 'string',
  actorType: 'string',
  axes: 'data',
  riskScore: 'number',
} as const satisfies Fields

/** The outcomes that are counted. Times are ISO 8601. */
export const PERIOD = { domain: 'string', since: 'string', until: 'string' } as const satisfies Fields
