import { present } from '../../../src/ambient.js'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import { isNetworkListed } from './addresses.js'
import type { KeyRecord } from './key-record.js'
import { lineageOf, type Principal } from './principal.js'
import { SCOPES } from './scopes.js'

/** Keys that were made by one another, one after the other. */
const MAX_GENERATIONS = 32

/**
 * What a key becomes that is made, or replaced, by whoever has another one: it ends no later, may ask no more often and from nowhere
 * else, and is good for nothing more.
 *
 * @throws Refusal 403 for scopes and addresses beyond those of the maker; an end and a rate are cut down to the maker's
 */
export function within(maker: Principal | undefined, record: KeyRecord): KeyRecord {
  if (maker === undefined) return record
  refuseScopes(maker, record)
  const addresses = addressesWithin(maker, record)
  const expiresAt = least(maker.expiresAt, record.expiresAt)
  const ratePerMinute = least(maker.maxRequestsPerMinute, record.ratePerMinute)
  return { ...record, madeBy: madeBy(maker, record), ...present({ addresses, expiresAt, ratePerMinute }) }
}

/** @throws Refusal 403 */
function refuseScopes({ role, scopes: own = SCOPES[role] }: Principal, { scopes }: KeyRecord): void {
  const wrong = scopes.filter(scope => !own.includes(scope))
  if (wrong.length === 0) return
  throw new Refusal(403, {
    code: 'insufficient_scope',
    message: `A key gives no more than it is good for itself: ${wrong.join(', ')}`,
  })
}

/** @throws Refusal 403 */
function addressesWithin({ addresses: own }: Principal, { addresses = own }: KeyRecord): KeyRecord['addresses'] {
  const outside = own === undefined ? [] : (addresses ?? []).filter(entry => !isNetworkListed(entry, own))
  if (outside.length === 0) return addresses
  throw new Refusal(403, {
    code: 'address_beyond_maker',
    message: `A key gives no addresses that it may not be used from itself: ${outside.join(', ')}`,
  })
}

/** Whoever replaces a key holds the new one too. @throws Refusal 403 */
function madeBy(maker: Principal, { family, madeBy: before = [] }: KeyRecord): readonly string[] {
  const all = [...new Set([...before, ...lineageOf(maker)])].filter(id => id !== family)
  if (all.length <= MAX_GENERATIONS) return all
  const message = `More than ${MAX_GENERATIONS} keys have made one another: make this one with an older key`
  throw new Refusal(403, { code: 'too_many_generations', message })
}

function least(a = Infinity, b = Infinity): number | undefined {
  const less = Math.min(a, b)
  return less === Infinity ? undefined : less
}
