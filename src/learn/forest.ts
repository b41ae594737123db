import { probability } from './logistic.js'
import { mix } from './hash.js'

/** Values of one signal: 0..31. */
export const BINS = 32
const DEPTH = 4
const NODES = 2 ** DEPTH - 1
const LEAVES = 2 ** DEPTH

/** How the forest learns. */
export interface ForestOptions {
  readonly signals: number
  /** Cases it remembers. */
  readonly memory: number
  /** Trees it has at most; the oldest makes room. */
  readonly trees: number
  /** Share of a tree's correction that is taken. */
  readonly rate: number
  /** Added to the sum of second derivatives of a leaf. */
  readonly l2: number
  readonly leastHessian: number
  readonly depth: number
  readonly every: number
}

/**
 * Gradient-boosted trees (Friedman 2001; histograms and second-order gains as in Chen & Guestrin 2016) that are never
 * trained all at once: every so many labels one tree is fitted to what the others get wrong on the cases in memory,
 * and takes the place of the oldest. What is learnt fades with the trees.
 */
export class Forest {
  readonly #options: ForestOptions
  readonly #signals: Uint8Array
  readonly #isBad: Uint8Array
  readonly #weights: Float32Array
  readonly #scores: Float32Array
  readonly #splitSignal: Uint8Array
  readonly #splitBin: Uint8Array
  readonly #values: Float32Array
  #count = 0
  #next = 0
  #trees = 0
  #nextTree = 0
  #grown = 0
  #untilTree = 16

  constructor(options: ForestOptions) {
    const { signals, memory, trees } = options
    this.#options = options
    this.#signals = new Uint8Array(memory * signals)
    this.#isBad = new Uint8Array(memory)
    this.#weights = new Float32Array(memory)
    this.#scores = new Float32Array(memory)
    this.#splitSignal = new Uint8Array(trees * NODES)
    this.#splitBin = new Uint8Array(trees * NODES)
    this.#values = new Float32Array(trees * LEAVES)
  }

  get evidence(): number {
    return this.#count
  }

  score(signals: Uint8Array, offset = 0): number {
    let sum = 0
    for (let tree = 0; tree < this.#trees; tree++) sum += this.#values[this.#leafOf(tree, signals, offset)] ?? 0
    return sum
  }

  learn(signals: Uint8Array, isBad: boolean, weight: number): void {
    const { memory, signals: width } = this.#options
    const at = this.#next
    this.#signals.set(signals, at * width)
    this.#isBad[at] = isBad ? 1 : 0
    this.#weights[at] = weight
    this.#scores[at] = this.score(signals)
    this.#next = (at + 1) % memory
    this.#count = Math.min(this.#count + 1, memory)
    if (--this.#untilTree > 0) return
    this.#untilTree = Math.max(4, Math.floor(this.#count / this.#options.every))
    this.#grow()
  }

  #leafOf(tree: number, signals: Uint8Array, offset: number): number {
    let node = 0
    for (let depth = 0; depth < DEPTH; depth++) {
      const at = tree * NODES + node
      const isRight = (signals[offset + (this.#splitSignal[at] ?? 0)] ?? 0) > (this.#splitBin[at] ?? 0)
      node = 2 * node + (isRight ? 2 : 1)
    }
    return tree * LEAVES + node - NODES
  }

  #grow(): void {
    const { trees } = this.#options
    const tree = this.#nextTree
    if (this.#trees === trees) this.#forget(tree)
    this.#fit(tree)
    this.#trees = Math.max(this.#trees, tree + 1)
    this.#nextTree = (tree + 1) % trees
    this.#grown++
    this.#addScores(tree, 1)
  }

  #forget(tree: number): void {
    this.#addScores(tree, -1)
  }

  #addScores(tree: number, sign: number): void {
    const { signals } = this.#options
    for (let row = 0; row < this.#count; row++)
      this.#scores[row] =
        (this.#scores[row] ?? 0) + sign * (this.#values[this.#leafOf(tree, this.#signals, row * signals)] ?? 0)
  }

  #fit(tree: number): void {
    const { signals: width, rate, l2 } = this.#options
    const n = this.#count
    const gradient = new Float32Array(n)
    const hessian = new Float32Array(n)
    const nodeOf = new Uint8Array(n)
    for (let row = 0; row < n; row++) {
      const p = probability(this.#scores[row] ?? 0)
      const weight = this.#weights[row] ?? 1
      gradient[row] = weight * ((this.#isBad[row] ?? 0) - p)
      hessian[row] = weight * Math.max(p * (1 - p), 1e-4)
    }
    const chosen: number[] = []
    for (let signal = 0; signal < width; signal++) if (mix(this.#grown, signal) % 5 < 2) chosen.push(signal)
    const sumG = new Float64Array(BINS * LEAVES)
    const sumH = new Float64Array(BINS * LEAVES)
    for (let depth = 0; depth < DEPTH; depth++) {
      const first = 2 ** depth - 1
      const nodes = 2 ** depth
      const best = new Float64Array(nodes)
      for (let node = 0; node < nodes; node++) {
        this.#splitSignal[tree * NODES + first + node] = 0
        this.#splitBin[tree * NODES + first + node] = 255
      }
      for (const signal of chosen) {
        sumG.fill(0)
        sumH.fill(0)
        for (let row = 0; row < n; row++) {
          const cell = ((nodeOf[row] ?? 0) << 5) | (this.#signals[row * width + signal] ?? 0)
          sumG[cell] = (sumG[cell] ?? 0) + (gradient[row] ?? 0)
          sumH[cell] = (sumH[cell] ?? 0) + (hessian[row] ?? 0)
        }
        for (let node = 0; node < nodes; node++) {
          let g = 0
          let h = 0
          for (let bin = 0; bin < BINS; bin++) {
            g += sumG[(node << 5) | bin] ?? 0
            h += sumH[(node << 5) | bin] ?? 0
          }
          const parent = (g * g) / (h + l2)
          let leftG = 0
          let leftH = 0
          for (let bin = 0; bin < BINS - 1; bin++) {
            leftG += sumG[(node << 5) | bin] ?? 0
            leftH += sumH[(node << 5) | bin] ?? 0
            if (leftH < this.#options.leastHessian || h - leftH < this.#options.leastHessian) continue
            const gain = (leftG * leftG) / (leftH + l2) + ((g - leftG) * (g - leftG)) / (h - leftH + l2) - parent
            if (depth < this.#options.depth && gain > (best[node] ?? 0)) {
              best[node] = gain
              this.#splitSignal[tree * NODES + first + node] = signal
              this.#splitBin[tree * NODES + first + node] = bin
            }
          }
        }
      }
      for (let row = 0; row < n; row++) {
        const at = tree * NODES + first + (nodeOf[row] ?? 0)
        const isRight = (this.#signals[row * width + (this.#splitSignal[at] ?? 0)] ?? 0) > (this.#splitBin[at] ?? 0)
        nodeOf[row] = 2 * (nodeOf[row] ?? 0) + (isRight ? 1 : 0)
      }
    }
    const g = new Float64Array(LEAVES)
    const h = new Float64Array(LEAVES)
    for (let row = 0; row < n; row++) {
      const leaf = nodeOf[row] ?? 0
      g[leaf] = (g[leaf] ?? 0) + (gradient[row] ?? 0)
      h[leaf] = (h[leaf] ?? 0) + (hessian[row] ?? 0)
    }
    for (let leaf = 0; leaf < LEAVES; leaf++)
      this.#values[tree * LEAVES + leaf] = (rate * (g[leaf] ?? 0)) / ((h[leaf] ?? 0) + l2)
  }
}
