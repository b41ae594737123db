import { mix } from './hash.js'

const PROBES = 8

/**
 * Counts of good and bad per hashed key in a table of fixed size. A key counts for at most `cap` cases: what came before
 * fades, so that a rate follows a world that changes. When a neighbourhood is full, the key with least evidence goes.
 */
export class Rates {
  readonly #mask: number
  readonly #cap: number
  readonly keys: Uint32Array
  readonly bad: Float32Array
  readonly total: Float32Array

  constructor(bits: number, cap: number) {
    this.#mask = 2 ** bits - 1
    this.#cap = cap
    this.keys = new Uint32Array(2 ** bits)
    this.bad = new Float32Array(2 ** bits)
    this.total = new Float32Array(2 ** bits)
  }

  /** Where a key is, or -1. */
  find(key: number): number {
    const wanted = key === 0 ? 1 : key
    const home = mix(wanted, 0x5bd1)
    const { keys } = this
    for (let probe = 0; probe < PROBES; probe++) {
      const at = (home + probe) & this.#mask
      const found = keys[at]
      if (found === wanted) return at
      // Slots are never emptied: the key would be here.
      if (found === 0) return -1
    }
    return -1
  }

  /** Adds `amount` cases, or takes them back where it is negative. */
  add(key: number, isBad: boolean, amount: number): void {
    const weight = Math.min(amount, this.#cap)
    const found = this.find(key)
    const at = found === -1 ? this.#claim(key === 0 ? 1 : key) : found
    const total = this.total[at] ?? 0
    const fade = total > 0 && total + weight > this.#cap ? (this.#cap - weight) / total : 1
    this.total[at] = Math.max(0, total * fade + weight)
    this.bad[at] = Math.max(0, Math.min((this.bad[at] ?? 0) * fade + (isBad ? weight : 0), this.total[at] ?? 0))
  }

  /** The slot of a new key: an empty one, or that of the neighbour with least evidence. */
  #claim(key: number): number {
    const home = mix(key, 0x5bd1)
    let least = home & this.#mask
    for (let probe = 0; probe < PROBES; probe++) {
      const at = (home + probe) & this.#mask
      if ((this.keys[at] ?? 0) === 0) {
        least = at
        break
      }
      if ((this.total[at] ?? 0) < (this.total[least] ?? 0)) least = at
    }
    this.keys[least] = key
    this.bad[least] = 0
    this.total[least] = 0
    return least
  }
}
