import { mix } from './hash.js'
import type { Table } from './state.js'

const PROBES = 8
/** Numbers of a slot: key, bad cases, all cases, and one that is not used, so that no slot lies in two lines of the cache. */
const SLOT = 4
const BAD = 1
const TOTAL = 2

/**
 * Counts of good and bad per hashed key in a table of fixed size. A key counts for at most `cap` cases: what came before
 * fades, so that a rate follows a world that changes. When a neighbourhood is full, the key with least evidence goes.
 */
export class Rates {
  readonly #mask: number
  readonly #cap: number
  readonly #keys: Int32Array
  readonly #counts: Float32Array

  constructor(bits: number, cap: number) {
    this.#mask = 2 ** bits - 1
    this.#cap = cap
    this.#keys = new Int32Array(SLOT * 2 ** bits)
    this.#counts = new Float32Array(this.#keys.buffer)
  }

  get tables(): readonly Table[] {
    return [this.#keys]
  }

  /** Where the counts of a key are, or -1. */
  find(key: number): number {
    const wanted = key === 0 ? 1 : key
    const home = mix(wanted, 0x5bd1)
    const keys = this.#keys
    for (let probe = 0; probe < PROBES; probe++) {
      const at = ((home + probe) & this.#mask) * SLOT
      const found = keys[at]
      if (found === wanted) return at
      // Slots are never emptied: the key would be here.
      if (found === 0) return -1
    }
    return -1
  }

  /** Bad cases of the key that was found at a place; none at -1. */
  bad(at: number): number {
    return at === -1 ? 0 : (this.#counts[at + BAD] ?? 0)
  }

  /** All cases of the key that was found at a place; none at -1. */
  total(at: number): number {
    return at === -1 ? 0 : (this.#counts[at + TOTAL] ?? 0)
  }

  /** Adds `amount` cases, or takes them back where it is negative. */
  add(key: number, isBad: boolean, amount: number): void {
    const weight = Math.min(amount, this.#cap)
    const found = this.find(key)
    const at = found === -1 ? this.#claim(key === 0 ? 1 : key) : found
    const counts = this.#counts
    const total = counts[at + TOTAL] ?? 0
    const fade = total > 0 && total + weight > this.#cap ? (this.#cap - weight) / total : 1
    // Read back, because it is kept less exactly than it is worked out.
    counts[at + TOTAL] = Math.max(0, total * fade + weight)
    const most = counts[at + TOTAL] ?? 0
    counts[at + BAD] = Math.max(0, Math.min((counts[at + BAD] ?? 0) * fade + (isBad ? weight : 0), most))
  }

  /** The slot of a new key: an empty one, or that of the neighbour with least evidence. */
  #claim(key: number): number {
    const home = mix(key, 0x5bd1)
    const counts = this.#counts
    let least = (home & this.#mask) * SLOT
    for (let probe = 0; probe < PROBES; probe++) {
      const at = ((home + probe) & this.#mask) * SLOT
      if ((this.#keys[at] ?? 0) === 0) {
        least = at
        break
      }
      if ((counts[at + TOTAL] ?? 0) < (counts[least + TOTAL] ?? 0)) least = at
    }
    this.#keys[least] = key
    counts[least + BAD] = 0
    counts[least + TOTAL] = 0
    return least
  }
}
