import { expect, knownKeys } from '../../check.js'
import type { DecisionRecord } from '../../types.js'

/** Which decisions are looked at. */
export interface InsightFilter {
  readonly tool?: string
  readonly domain?: string
  readonly actor?: string
  /** Of a governor without a tenant: only this one's; `null`: only what belongs to none. */
  readonly tenant?: string | null
  /** Epoch milliseconds, inclusive. */
  readonly since?: number
  /** Epoch milliseconds, exclusive. */
  readonly until?: number
  /** Decisions read at most, the newest; an answer of fewer than there are says so. @defaultValue 100_000 */
  readonly maxRecords?: number
}

/** What every answer says of what it was made from. */
export interface Coverage {
  /** Decisions that were looked at; dry runs are not among them. */
  readonly decisions: number
  /** Older decisions were left out, because there were more than `maxRecords`, or than a service holds in memory. */
  readonly truncated: boolean
}

const NAMES = ['tool', 'domain', 'actor', 'tenant'] as const
const COUNTS = ['since', 'until', 'maxRecords'] as const

/**
 * Checks a filter with the further options of its question, each a number in its range: a slip must not mean everything.
 *
 * @throws GovernanceError `invalid-option`
 */
export function checkFilter(
  filter: object,
  place: string,
  ranges: Readonly<Record<string, readonly [least: number, most: number]>> = {},
  others: readonly string[] = [],
): void {
  expect(typeof filter === 'object' && filter !== null, place, 'a filter')
  knownKeys(filter, [...NAMES, ...COUNTS, ...Object.keys(ranges), ...others], place)
  const given = filter as Readonly<Record<string, unknown>>
  for (const name of NAMES) {
    const isNone = name === 'tenant' && given[name] === null
    expect(given[name] === undefined || isNone || typeof given[name] === 'string', `${place}.${name}`, 'a name')
  }
  const all = { since: [0, Infinity], until: [0, Infinity], maxRecords: [1, Infinity], ...ranges } as const
  for (const [name, [least, most]] of Object.entries(all)) {
    const value = given[name]
    const isWithin = typeof value === 'number' && value >= least && value <= most
    const expected = most === Infinity ? `a number of ${least} or more` : `a number from ${least} to ${most}`
    expect(value === undefined || isWithin, `${place}.${name}`, expected)
  }
}

/**
 * Whether a filter lets a decision through: for what a store's own listing does not look at. A dry run is none of the calls that figures
 * are about: nothing came of it, and where the call was made after all, it is there itself.
 */
export function isWanted(record: DecisionRecord, { domain, until = Infinity }: InsightFilter): boolean {
  return record.dryRun !== true && (domain === undefined || record.domain === domain) && record.at < until
}
