import type { Table } from './state.js'
import { TokenTable } from './token-table.js'

/** Tokens of a case that are kept: the rarest values, then the rarest words. */
const KEPT = 6
/** Most cases that a search looks at per token, newest first, and altogether. */
const MAX_PER_TOKEN = 512
const MAX_VISITED = 4096
const FIRST_CAPACITY = 1024

/** A case like the one asked about. */
export interface Neighbour {
  /** Number of the case, in order of adding. */
  readonly number: number
  /** 0..1: the idf-weighted share of what both have in all that either has, of the tokens that are kept. */
  readonly similarity: number
  /** The tokens that both have, with the share of each in the similarity; they add up to it. */
  readonly shared: readonly { readonly token: number; readonly share: number }[]
}

/**
 * An exact inverted index over hashed tokens in typed arrays: 24 bytes a case, and a chain through the cases of a token
 * from the newest back. When `capacity` is reached, the oldest cases go.
 */
export class SimilarCases {
  readonly #capacity: number
  readonly #tokens: TokenTable
  /** Per posting: the one before of the same token plus one, or 0. Posting `p` belongs to case `floor(p / 6)`. */
  #previous: Uint32Array
  /** Per case: how many tokens it kept. */
  #kept: Uint8Array
  readonly #count = new Float64Array(1)

  constructor(capacity: number, tokenBits: number) {
    this.#capacity = capacity
    this.#tokens = new TokenTable(tokenBits)
    this.#previous = new Uint32Array(Math.min(capacity, FIRST_CAPACITY) * KEPT)
    this.#kept = new Uint8Array(Math.min(capacity, FIRST_CAPACITY))
  }

  /** Cases added ever. */
  get count(): number {
    return this.#count[0] ?? 0
  }

  get tables(): readonly Table[] {
    return [this.#previous, this.#kept, this.#count, ...this.#tokens.tables]
  }

  /** Makes room for what {@link tables} held elsewhere. */
  resize(cases: number): void {
    this.#previous = new Uint32Array(cases * KEPT)
    this.#kept = new Uint8Array(cases)
  }

  /** Adds a case; its tokens before `strong` are values, the others words. Returns its number. */
  add(tokens: readonly number[], strong: number): number {
    const number = this.count
    if (number >= this.#kept.length && this.#kept.length < this.#capacity) this.#grow()
    const kept = this.#choose(tokens, strong)
    const slot = number % this.#kept.length
    this.#kept[slot] = kept.length
    for (let index = 0; index < kept.length; index++) {
      const token = kept[index] ?? 0
      const posting = number * KEPT + index
      this.#previous[slot * KEPT + index] = this.#tokens.push(token, posting + 1)
    }
    this.#count[0] = number + 1
    return number
  }

  /** The cases most like one with these tokens, best first, newer before older. */
  find(tokens: readonly number[], strong: number, limit: number): readonly Neighbour[] {
    const asked = this.#choose(tokens, strong)
    const weights = Array.from(tokens, token => this.#idf(token))
    const whole = asked.reduce((sum, token) => sum + this.#idf(token), 0)
    if (whole === 0) return []
    const masks = this.#collect(tokens, weights)
    const found: { number: number; similarity: number; mask: number; shared: number }[] = []
    for (const [number, mask] of masks) {
      const { sum, bits } = weigh(mask, weights)
      const missing = Math.max(0, (this.#kept[number % this.#kept.length] ?? 0) - bits)
      const similarity = Math.min(1, sum / (whole + (missing * whole) / asked.length))
      found.push({ number, similarity, mask, shared: sum })
    }
    found.sort((a, b) => b.similarity - a.similarity || b.number - a.number)
    return found.slice(0, limit).map(({ number, similarity, mask, shared }) => ({
      number,
      similarity,
      shared: Array.from(tokens, (token, index) => ({
        token,
        share: ((weights[index] ?? 0) / shared) * similarity,
      })).filter((_, index) => (mask >>> index) % 2 === 1),
    }))
  }

  /** Which of the tokens each case has that shares any: the rarest tokens are followed first. */
  #collect(tokens: readonly number[], weights: readonly number[]): Map<number, number> {
    const masks = new Map<number, number>()
    const oldest = Math.max(0, this.count - this.#kept.length) * KEPT
    let visited = 0
    for (const index of Array.from(weights.keys()).toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0))) {
      let next = this.#tokens.head(tokens[index] ?? 0)
      for (let step = 0; step < MAX_PER_TOKEN && next > oldest && visited < MAX_VISITED; step++, visited++) {
        const posting = next - 1
        const number = Math.floor(posting / KEPT)
        masks.set(number, (masks.get(number) ?? 0) | (1 << index))
        const before = this.#previous[posting % this.#previous.length] ?? 0
        if (before >= next) break
        next = before
      }
    }
    return masks
  }

  #choose(tokens: readonly number[], strong: number): readonly number[] {
    const weight = (index: number): number => this.#idf(tokens[index] ?? 0) / (index < strong ? 1 : 2)
    return Array.from(tokens.keys())
      .toSorted((a, b) => weight(b) - weight(a) || a - b)
      .slice(0, KEPT)
      .map(index => tokens[index] ?? 0)
  }

  #idf(token: number): number {
    return Math.log(1 + (this.count + 1) / (this.#tokens.count(token) + 1))
  }

  #grow(): void {
    const cases = Math.min(this.#capacity, this.#kept.length * 2)
    const { tables } = this
    this.resize(cases)
    this.#previous.set(tables[0] ?? [])
    this.#kept.set(tables[1] ?? [])
  }
}

function weigh(mask: number, weights: readonly number[]): { sum: number; bits: number } {
  let sum = 0
  let bits = 0
  for (let rest = mask, index = 0; rest !== 0; rest >>>= 1, index++) {
    if (rest % 2 === 0) continue
    sum += weights[index] ?? 0
    bits++
  }
  return { sum, bits }
}
