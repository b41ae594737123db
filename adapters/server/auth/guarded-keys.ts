import { isIPv6 } from 'node:net'
import { type Clock, RecentMap } from 'countersign'
import { type Bucket, fullBucket, refill, refuseEmpty } from '../bucket.js'
import { plainAddress } from './addresses.js'
import type { Keys, Principal } from './principal.js'

/** Addresses whose wrong keys are certain to be counted, and holders who are certain to be known. */
const MAX_KNOWN = 10_000
/** So long a key goes on being good from where it was, whoever else tries what from there. */
const KNOWN_MS = 3_600_000
const NOTED_MS = 60_000

/**
 * Looks credentials up, and counts those that are wrong, by the address they come from, in this process. From where too many came, no
 * key is good for a while: nobody finds out whether the next guess was right. Only a key that was good from there before goes on being
 * so, so that nobody is locked out by whoever shares an address with him.
 */
export class GuardedKeys {
  readonly #keys: Keys
  readonly #perMinute: number
  readonly #clock: Clock
  readonly #wrong = new RecentMap<string, Bucket>(MAX_KNOWN)
  readonly #good = new RecentMap<string, number>(MAX_KNOWN)

  /** @param perMinute wrong keys that one address may send in a minute, all at once if it likes */
  constructor(keys: Keys, perMinute: number, clock: Clock) {
    this.#keys = keys
    this.#perMinute = perMinute
    this.#clock = clock
  }

  /** The holder of a secret; nobody's where it is wrong. @throws Refusal 429, with `Retry-After` */
  async find(secret: string, address: string | undefined): Promise<Principal | undefined> {
    // From where no key was ever good, none is looked up any more: that costs more than to ask.
    if (!this.#isKnown(`${address}`)) this.#refuseFrom(address)
    const principal = await this.#keys.find(secret)
    if (principal === undefined) {
      this.#count(networkOf(address))
      return undefined
    }
    const holder = `${address} ${principal.id}`
    if (!this.#isKnown(holder)) this.#refuseFrom(address)
    this.#note(holder, `${address}`)
    return principal
  }

  #isKnown(name: string): boolean {
    return this.#wrong.isEmpty || this.#clock.now() - (this.#good.get(name) ?? -Infinity) <= KNOWN_MS
  }

  #note(holder: string, address: string): void {
    const now = this.#clock.now()
    if (now - (this.#good.get(holder) ?? -Infinity) <= NOTED_MS) return
    this.#good.set(holder, now)
    this.#good.set(address, now)
  }

  #refuseFrom(address: string | undefined): void {
    this.#refuse(this.#bucket(networkOf(address)))
  }

  #count(network: string): void {
    if (this.#perMinute === Infinity) return
    const bucket = this.#bucket(network) ?? fullBucket(this.#perMinute, this.#clock.now())
    this.#wrong.set(network, bucket)
    this.#refuse(bucket)
    bucket.left--
  }

  /** As full as it is by now. */
  #bucket(network: string): Bucket | undefined {
    const bucket = this.#wrong.get(network)
    if (bucket === undefined) return undefined
    refill(bucket, this.#perMinute, this.#clock.now())
    return bucket
  }

  #refuse(bucket: Bucket | undefined): void {
    if (bucket === undefined) return
    const message = 'Too many wrong credentials from this address; try again later'
    refuseEmpty(bucket, this.#perMinute, { code: 'too_many_wrong_credentials', message })
  }
}

/** Who has one IPv6 address has the other 2⁶⁴ of its network too. Where the runtime tells no address, there is one for all. */
function networkOf(address = ''): string {
  const plain = plainAddress(address)
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0')
  const all = [...groups, ...zeros, ...after].slice(0, 4)
  return all.map(group => Number.parseInt(group, 16).toString(16)).join(':')
}
