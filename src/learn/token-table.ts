import { mix } from './hash.js'
import type { Table } from './state.js'

const PROBES = 8

/**
 * Per hashed token the newest of its postings and how many there were, in a table of fixed size. When a neighbourhood is
 * full, the token goes that was used longest ago.
 */
export class TokenTable {
  readonly #mask: number
  readonly #keys: Int32Array
  readonly #heads: Uint32Array
  readonly #counts: Uint32Array

  constructor(bits: number) {
    this.#mask = 2 ** bits - 1
    this.#keys = new Int32Array(2 ** bits)
    this.#heads = new Uint32Array(2 ** bits)
    this.#counts = new Uint32Array(2 ** bits)
  }

  get tables(): readonly Table[] {
    return [this.#keys, this.#heads, this.#counts]
  }

  /** The newest posting of a token; 0 for none. */
  head(token: number): number {
    const at = this.#find(token)
    return at === -1 ? 0 : (this.#heads[at] ?? 0)
  }

  count(token: number): number {
    const at = this.#find(token)
    return at === -1 ? 0 : (this.#counts[at] ?? 0)
  }

  /** Makes a posting the newest of a token; returns the one before, or 0. */
  push(token: number, posting: number): number {
    const found = this.#find(token)
    const at = found === -1 ? this.#claim(token) : found
    const before = this.#heads[at] ?? 0
    this.#heads[at] = posting
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    return before
  }

  #find(token: number): number {
    const home = mix(token, 0x7ab1)
    for (let probe = 0; probe < PROBES; probe++) {
      const at = (home + probe) & this.#mask
      if (this.#keys[at] === token) return at
    }
    return -1
  }

  #claim(token: number): number {
    const home = mix(token, 0x7ab1)
    let oldest = home & this.#mask
    for (let probe = 0; probe < PROBES; probe++) {
      const at = (home + probe) & this.#mask
      if ((this.#heads[at] ?? 0) < (this.#heads[oldest] ?? 0)) oldest = at
    }
    this.#keys[oldest] = token
    this.#heads[oldest] = 0
    this.#counts[oldest] = 0
    return oldest
  }
}
