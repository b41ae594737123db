import { type Clock, RecentMap } from 'countersign'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Principal } from './principal.js'

interface Bucket {
  readonly left: number
  /** Epoch milliseconds. */
  readonly at: number
}

const MINUTE_MS = 60_000
/** Keys that are counted at once; of more, those that were not used for longest begin anew. */
const MAX_COUNTED = 10_000

/** Counts the requests of each key, in this process: a minute's worth may come at once, then one comes free after the other. */
export class Rates {
  readonly #buckets = new RecentMap<string, Bucket>(MAX_COUNTED)
  readonly #clock: Pick<Clock, 'now'>

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Counts one request. @throws Refusal 429, saying after how many seconds there is room again */
  take({ id, ratePerMinute: rate }: Principal): void {
    if (rate === undefined) return
    const at = this.#clock.now()
    const before = this.#buckets.get(id) ?? { left: rate, at }
    // A clock may go back.
    const freed = (Math.max(0, at - before.at) * rate) / MINUTE_MS
    const left = Math.min(rate, before.left + freed)
    if (left >= 1) {
      this.#buckets.set(id, { left: left - 1, at })
      return
    }
    this.#buckets.set(id, { left, at })
    const seconds = Math.max(1, Math.ceil((((1 - left) / rate) * MINUTE_MS) / 1000))
    const message = `This key may make ${rate} requests in a minute; there is room again in ${seconds} s`
    throw new Refusal(429, { code: 'rate_limited', message }, { 'retry-after': String(seconds) })
  }
}
