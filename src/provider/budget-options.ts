import { expect, knownKeys, oneOf } from '../check.js'
import { parseDuration } from '../duration.js'
import type { Scope } from '../types.js'
import { calendarDays, type DayOf, LONGEST_DAY_MS } from './calendar-day.js'

/** What may be used up, by whom, in what time. */
export interface BudgetOptions {
  /** Names it in errors and events, and its windows in the store: the same name is the same budget in every process. */
  readonly name: string
  /** Each of these has the whole budget; `all` is one for everybody. What belongs to a tenant never counts for another. */
  readonly per: BudgetScope
  /** `1h`, `24h`, `7d`, or milliseconds: the time until now, which has no midnight. `day`: a calendar day, which has. @defaultValue `24h` */
  readonly window?: string | number
  /** Whose midnight begins a `day`: an IANA time zone such as `Europe/Berlin`. @defaultValue `UTC` */
  readonly timeZone?: string
  /** Input and output together. */
  readonly tokens?: number
  /** In the currency of the prices. */
  readonly cost?: number
  /** Only these count: `provider/model` or `model`. @defaultValue all */
  readonly models?: readonly string[]
  /** What it means that a request does not fit: the next model is tried, as long as there is one, or none is. @defaultValue `next_model` */
  readonly exceeded?: 'next_model' | 'refuse'
}

/** What a budget is kept per. */
export type BudgetScope = 'session' | 'actor' | 'user' | 'tenant' | 'all'

/** A budget with every default filled in. */
export interface Budget extends Required<Pick<BudgetOptions, 'name' | 'per' | 'exceeded'>> {
  readonly windowMs: number
  /** For a budget that begins anew with each calendar day. */
  readonly dayOf: DayOf | undefined
  /** In millionths. */
  readonly tokens: number | undefined
  /** In millionths. */
  readonly cost: number | undefined
  readonly models: readonly string[]
}

/** Sums are kept in millionths, as integers. */
export const SCALE = 1_000_000

const KEYS = [
  'name',
  'per',
  'window',
  'timeZone',
  'tokens',
  'cost',
  'models',
  'exceeded',
] satisfies (keyof BudgetOptions)[]
const SUBJECTS: Readonly<Record<BudgetScope, (scope: Scope) => readonly (string | undefined)[]>> = {
  session: ({ tenant, sessionId }) => [tenant, sessionId],
  actor: ({ tenant, actor }) => [tenant, actor],
  user: ({ tenant, user }) => [tenant, user],
  tenant: ({ tenant }) => [tenant],
  all: () => [],
}

/** @throws GovernanceError `invalid-option` */
export function resolveBudget(options: BudgetOptions, place: string): Budget {
  expect(typeof options === 'object' && options !== null, place, '{ name, per, tokens, cost }')
  knownKeys(options, KEYS, place)
  const { name, per, tokens, cost, models = ['*'], exceeded = 'next_model' } = options
  expect(typeof name === 'string' && name !== '', `${place}.name`, 'a name')
  oneOf(`${place}.per`, per, Object.keys(SUBJECTS))
  oneOf(`${place}.exceeded`, exceeded, ['next_model', 'refuse'])
  const { windowMs, dayOf } = windowOf(options, place)
  expect(tokens !== undefined || cost !== undefined, place, '`tokens`, `cost`, or both')
  expect(isAmount(tokens), `${place}.tokens`, 'a number of 0 or more')
  expect(isAmount(cost), `${place}.cost`, 'a number of 0 or more')
  const areNames = Array.isArray(models) && models.every(model => typeof model === 'string')
  expect(areNames, `${place}.models`, 'a list of `provider/model` or `model`')
  return { name, per, windowMs, dayOf, models, exceeded, tokens: millionths(tokens), cost: millionths(cost) }
}

function windowOf({ window = '24h', timeZone }: BudgetOptions, place: string): Pick<Budget, 'windowMs' | 'dayOf'> {
  if (window === 'day') {
    const dayOf = calendarDays(timeZone ?? 'UTC')
    expect(dayOf !== undefined, `${place}.timeZone`, 'an IANA time zone such as "Europe/Berlin"')
    return { windowMs: LONGEST_DAY_MS, dayOf }
  }
  expect(timeZone === undefined, `${place}.timeZone`, 'none: only a window of a calendar "day" has a time zone')
  const windowMs = parseDuration(window)
  expect(windowMs !== undefined, `${place}.window`, '"day", a duration such as "1h", "24h", "7d", or milliseconds')
  return { windowMs: windowMs ?? 0, dayOf: undefined }
}

/** Names the window that a request made at an instant counts in: a calendar day is one by itself. */
export function windowKey(budget: Budget, what: 'tokens' | 'cost', scope: Scope, at: number): string {
  const { name, per, windowMs, dayOf } = budget
  const window = dayOf === undefined ? windowMs : dayOf(at)
  return JSON.stringify(['model-budget', name, what, per, window, ...SUBJECTS[per](scope).map(part => part ?? '')])
}

function isAmount(value: number | undefined): boolean {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0)
}

function millionths(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * SCALE)
}
