import type { Clock } from 'countersign'
import { RecentMap } from '../../../src/recent-map.js'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Principal } from '../auth/principal.js'

interface Bucket {
  left: number
  at: number
}

const MINUTE_MS = 60_000
/** Credentials whose requests are certain to be counted. */
const MAX_KEYS = 10_000

/** How often each credential may ask, in this process: a bucket that fills steadily, so that a minute's requests may come at once. */
export class Rates {
  readonly #perMinute: number
  readonly #clock: Clock
  readonly #buckets = new RecentMap<string, Bucket>(MAX_KEYS)

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute
    this.#clock = clock
  }

  /** Counts a request. @throws Refusal 429, with `Retry-After` */
  count({ id, maxRequestsPerMinute: max = this.#perMinute }: Pick<Principal, 'id' | 'maxRequestsPerMinute'>): void {
    const now = this.#clock.now()
    let bucket = this.#buckets.get(id)
    if (bucket === undefined) {
      bucket = { left: max, at: now }
      this.#buckets.set(id, bucket)
    }
    bucket.left = Math.min(max, bucket.left + (Math.max(0, now - bucket.at) * max) / MINUTE_MS)
    bucket.at = now
    if (bucket.left < 1) {
      const seconds = Math.max(1, Math.ceil(((1 - bucket.left) * MINUTE_MS) / max / 1000))
      const detail = { code: 'rate_limited', message: `More than ${max} requests in a minute; try again later` }
      throw new Refusal(429, detail, { 'retry-after': String(seconds) })
    }
    bucket.left--
  }
}
