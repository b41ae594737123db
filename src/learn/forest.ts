import { growTree, type Sample } from './grow-tree.js'
import type { Table } from './state.js'
import { DEPTH, leafOf, NODES, LEAVES, type Trees } from './trees.js'

/** How a forest learns. */
export interface ForestOptions {
  /** Signals of a case. */
  readonly signals: number
  /** Cases it remembers. */
  readonly memory: number
  /** Trees it has at most; the oldest makes room. */
  readonly trees: number
}

/** Labels before the first tree. */
const FIRST_AFTER = 16
/** Cases are kept signal by signal, and this much apart beyond their number: multiples of 4096 would all fall into one part of the cache. */
const GAP = 64
/** A tree is grown each time this part of the memory is new. */
const NEW_PART = 64
/** Labels between two trees to begin with. */
const LEAST_BETWEEN = 4

/**
 * Gradient-boosted trees (Friedman 2001; histograms and second-order gains as in Chen & Guestrin 2016) that are never
 * trained all at once: every so many labels one tree is fitted to what the others get wrong on the cases in memory,
 * and takes the place of the oldest. What was learnt fades with the trees.
 */
export class Forest implements Trees {
  readonly #options: ForestOptions
  readonly #stride: number
  readonly #signals: Uint8Array
  /** The cases since the last tree, one after another: they are spread over the memory when the next is grown, all at once. */
  readonly #fresh: Uint8Array
  readonly #isBad: Uint8Array
  readonly #weights: Float32Array
  readonly #scores: Float32Array
  readonly splitSignal: Uint8Array
  readonly splitBin: Uint8Array
  readonly values: Float32Array
  /** Cases in memory, place of the next one, trees, place of the next one, trees grown ever, labels until the next tree, cases since the last. */
  readonly #state = Int32Array.of(0, 0, 0, 0, 0, FIRST_AFTER, 0)

  constructor(options: ForestOptions) {
    const { signals, memory, trees } = options
    this.#options = options
    this.#stride = memory + GAP
    this.#signals = new Uint8Array(this.#stride * signals)
    this.#fresh = new Uint8Array(Math.max(FIRST_AFTER, LEAST_BETWEEN, Math.floor(memory / NEW_PART)) * signals)
    this.#isBad = new Uint8Array(memory)
    this.#weights = new Float32Array(memory)
    this.#scores = new Float32Array(memory)
    this.splitSignal = new Uint8Array(trees * NODES)
    this.splitBin = new Uint8Array(trees * NODES)
    this.values = new Float32Array(trees * LEAVES)
  }

  get tables(): readonly Table[] {
    const { splitSignal, splitBin, values } = this
    const cases = [this.#signals, this.#fresh, this.#isBad, this.#weights, this.#scores]
    return [...cases, splitSignal, splitBin, values, this.#state]
  }

  /** What the trees say of a case, as log odds. */
  score(signals: Uint8Array): number {
    const trees = this.#state[2] ?? 0
    const { splitSignal, splitBin, values } = this
    let sum = 0
    // Written out: a call for each of a hundred trees would take most of the time.
    for (let tree = 0; tree < trees; tree++) {
      const first = tree * NODES
      let node = 0
      for (let depth = 0; depth < DEPTH; depth++) {
        const at = first + node
        // One more where the signal is larger, told from the sign: half of the answers would be guessed wrongly by a branch.
        node = 2 * node + 1 + (((splitBin[at] ?? 0) - (signals[splitSignal[at] ?? 0] ?? 0)) >>> 31)
      }
      sum += values[tree * LEAVES + node - NODES] ?? 0
    }
    return sum
  }

  /** Takes a case into memory; now and then, a tree is grown: a millisecond's work. */
  learn(signals: Uint8Array, isBad: boolean, weight: number): void {
    const { memory, signals: width } = this.#options
    const at = this.#state[1] ?? 0
    const first = (this.#state[6] ?? 0) * width
    for (let signal = 0; signal < width; signal++) this.#fresh[first + signal] = signals[signal] ?? 0
    this.#isBad[at] = isBad ? 1 : 0
    this.#weights[at] = weight
    this.#state[1] = (at + 1) % memory
    this.#state[0] = Math.min((this.#state[0] ?? 0) + 1, memory)
    this.#state[6] = (this.#state[6] ?? 0) + 1
    this.#state[5] = (this.#state[5] ?? 0) - 1
    if ((this.#state[5] ?? 0) > 0) return
    this.#state[5] = Math.max(LEAST_BETWEEN, Math.floor((this.#state[0] ?? 0) / NEW_PART))
    this.#grow()
  }

  #grow(): void {
    const [, , trees = 0, tree = 0, grown = 0] = this.#state
    this.#spread()
    this.#scoreNew(trees)
    if (trees === this.#options.trees) this.#addScores(tree, -1)
    growTree(this, tree, this.#sample(), grown)
    this.#addScores(tree, 1)
    this.#state[2] = Math.max(trees, tree + 1)
    this.#state[3] = (tree + 1) % this.#options.trees
    this.#state[4] = grown + 1
  }

  /** Puts the cases that came since the last tree into the memory. */
  #spread(): void {
    const { memory, signals: width } = this.#options
    const fresh = this.#state[6] ?? 0
    const first = (this.#state[1] ?? 0) - fresh + memory
    for (let signal = 0; signal < width; signal++)
      for (let one = 0; one < fresh; one++)
        this.#signals[signal * this.#stride + ((first + one) % memory)] = this.#fresh[one * width + signal] ?? 0
  }

  #sample(): Sample {
    return {
      count: this.#state[0] ?? 0,
      width: this.#options.signals,
      signals: this.#signals,
      stride: this.#stride,
      isBad: this.#isBad,
      weights: this.#weights,
      scores: this.#scores,
    }
  }

  /** What the trees say of the cases that came since the last one was grown: nobody asks before. */
  #scoreNew(trees: number): void {
    const { memory } = this.#options
    const [, next = 0] = this.#state
    const fresh = Math.min(this.#state[6] ?? 0, memory)
    for (let back = 1; back <= fresh; back++) {
      const row = (next - back + memory) % memory
      let sum = 0
      for (let tree = 0; tree < trees; tree++)
        sum += this.values[leafOf(this, tree, this.#signals, this.#stride, row)] ?? 0
      this.#scores[row] = sum
    }
    this.#state[6] = 0
  }

  #addScores(tree: number, sign: number): void {
    const count = this.#state[0] ?? 0
    for (let row = 0; row < count; row++) {
      const value = this.values[leafOf(this, tree, this.#signals, this.#stride, row)] ?? 0
      this.#scores[row] = (this.#scores[row] ?? 0) + sign * value
    }
  }
}
