import type { Clock } from 'countersign'
import { RecentMap } from '../../../src/recent-map.js'
import type { Principal } from '../auth/principal.js'
import { type Bucket, fullBucket, refill, refuseEmpty } from '../bucket.js'

/** Credentials whose requests are certain to be counted. */
const MAX_KEYS = 10_000

/** How often each credential may ask, in this process. */
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
      bucket = fullBucket(max, now)
      this.#buckets.set(id, bucket)
    }
    refill(bucket, max, now)
    refuseEmpty(bucket, max, {
      code: 'rate_limited',
      message: `More than ${max} requests in a minute; try again later`,
    })
    bucket.left--
  }
}
