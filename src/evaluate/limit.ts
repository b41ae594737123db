import { parseDuration } from '../duration.js'
import type { WindowSpend } from '../store/store.js'
import type { EvaluationRequest } from '../types.js'
import { compilePath } from './condition.js'
import { fail, type Place } from './place.js'
import type { LimitScope, LimitSpec } from './rule.js'

const KEYS = ['count', 'sum', 'per', 'window', 'max']
/** Sums are kept in millionths, as integers: a running total over money must not drift. */
const SCALE = 1_000_000

const SCOPES: Readonly<Record<LimitScope, (request: EvaluationRequest) => string | undefined>> = {
  actor: request => request.actor,
  tool: request => request.tool,
  domain: request => request.domain,
  session: request => request.session.id,
  user: request => request.session.user,
  target: request => request.target,
  tenant: () => '',
}

/** What a call would spend of one rule's limit. */
export type CompiledLimit = (request: EvaluationRequest) => WindowSpend

/** Compiles a limit. Its windows are named after the rule, so that two rules never share a count. */
export function compileLimit(limit: LimitSpec, ruleId: string, place: Place): CompiledLimit {
  if (typeof limit !== 'object' || limit === null)
    return fail(place, 'expected { count | sum, per, window, max }', limit)
  for (const key of Object.keys(limit)) {
    if (!KEYS.includes(key)) fail(place.in(key), `unknown key, expected ${KEYS.join(', ')}`, undefined, [key, KEYS])
  }
  const amount = compileAmount(limit, place)
  const scope = Object.hasOwn(SCOPES, String(limit.per)) ? SCOPES[limit.per] : undefined
  if (scope === undefined) {
    return fail(place.in('per'), `expected one of ${Object.keys(SCOPES).join(', ')}`, limit.per, [
      String(limit.per),
      Object.keys(SCOPES),
    ])
  }
  const windowMs = parseDuration(limit.window)
  if (windowMs === undefined)
    return fail(
      place.in('window'),
      'expected a duration such as "30s", "1m", "24h", "7d", or milliseconds',
      limit.window,
    )
  if (typeof limit.max !== 'number' || !(limit.max >= 0) || !Number.isFinite(limit.max)) {
    return fail(place.in('max'), 'expected a number of 0 or more', limit.max)
  }
  const max = Math.round(limit.max * SCALE)
  const kind = limit.count === undefined ? `sum ${limit.sum}` : 'count'
  return request => ({
    key: JSON.stringify([ruleId, kind, limit.per, windowMs, request.session.tenant ?? '', scope(request) ?? '']),
    windowMs,
    amount: amount(request),
    max,
  })
}

function compileAmount(limit: LimitSpec, place: Place): (request: EvaluationRequest) => number {
  if ((limit.count === undefined) === (limit.sum === undefined))
    return fail(place, 'expected either `count: calls` or `sum: value`', limit)
  if (limit.count !== undefined) {
    return limit.count === 'calls'
      ? () => SCALE
      : fail(place.in('count'), 'expected "calls"', limit.count, [String(limit.count), ['calls']])
  }
  if (typeof limit.sum !== 'string')
    return fail(place.in('sum'), 'expected "value" or a path such as input.quantity', limit.sum)
  const read = compilePath(limit.sum, place.in('sum'))
  return request => {
    const value = read(request)
    if (value === undefined || value === null) return 0
    // What cannot be added up must not pass as nothing: the limit counts as exceeded.
    if (typeof value !== 'number' || Number.isNaN(value)) return Number.POSITIVE_INFINITY
    return Math.round(Math.abs(value) * SCALE)
  }
}
