import type { Comparison } from '../../evaluate/rule.js'

/** A value to put in the place of another; without `to`, there is to be none. */
export interface Replacement {
  readonly to?: string | number | boolean | null
}

/** Finer steps than a millionth are no amounts. */
const MAX_DECIMALS = 6

/**
 * The values next to the actual one of which a comparison says that it holds, or that it does not. None for comparisons that
 * only exclude, and for patterns: any value would do, and which one is meant nobody knows.
 */
export function boundary(
  [name, expected]: readonly [name: keyof Comparison, expected: unknown],
  holds: boolean,
  actual: unknown,
): readonly Replacement[] {
  switch (name) {
    case 'lte':
    case 'gt':
      return numeric(expected, actual, (name === 'lte') === holds ? 0 : 1)
    case 'gte':
    case 'lt':
      return numeric(expected, actual, (name === 'gte') === holds ? 0 : -1)
    case 'eq':
    case 'in':
      return holds ? listed(expected) : []
    case 'ne':
    case 'notIn':
      return holds ? [] : listed(expected)
    case 'exists':
      return expected === holds ? [] : [{}]
    case 'matches':
    case 'startsWith':
      return []
  }
}

/** The number itself, or the next one above or below it, in the steps that both numbers are written in. */
function numeric(bound: unknown, actual: unknown, side: -1 | 0 | 1): readonly Replacement[] {
  if (typeof bound !== 'number') return []
  if (side === 0) return [{ to: bound }]
  const decimals = Math.max(decimalsOf(bound), typeof actual === 'number' ? decimalsOf(actual) : 0)
  const scale = 10 ** decimals
  return [{ to: (Math.round(bound * scale) + side) / scale }]
}

/** The largest amount that fits into the room under a limit, in the steps that the actual one is written in; nothing where no amount does. */
export function within(room: number, actual: unknown): readonly Replacement[] {
  if (typeof actual !== 'number' || !(room > 0)) return []
  const scale = 10 ** decimalsOf(actual)
  // Room is exact to the millionth: what is lost in multiplying is less than that.
  const to = Math.floor(Number((room * scale).toPrecision(15))) / scale
  return to === 0 || to >= Math.abs(actual) ? [] : [{ to: actual < 0 ? -to : to }]
}

function decimalsOf(number: number): number {
  for (let decimals = 0; decimals < MAX_DECIMALS; decimals++)
    if (Number.isInteger(Number((number * 10 ** decimals).toPrecision(15)))) return decimals
  return MAX_DECIMALS
}

function listed(expected: unknown): readonly Replacement[] {
  const values: readonly unknown[] = Array.isArray(expected) ? expected : [expected]
  return values.filter(isPlain).map(to => ({ to }))
}

/** Whether something is a single value of JSON. */
export function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
