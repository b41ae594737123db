import type { Columns } from './columns.js'
import { probability } from './logistic.js'

/** What a ridge believes before it has seen anything, and how often it goes over what it has seen. */
export interface RidgeOptions {
  /** Variance of a weight before any case. */
  readonly variance: number
  /** Most features of a case. */
  readonly width: number
  /** Cases gone over again with every label: while there are fewer than are kept, and from then on. */
  readonly again: readonly [scarce: number, later: number]
}

/** Columns that it takes: the weight. */
export const RIDGE_WIDTH = 1

/** Cases that can be gone over again. */
const KEPT = 1024
const LEAST_CURVATURE = 0.05

/**
 * Logistic regression with a Gaussian prior on the weights, fitted to the last cases by dual coordinate ascent (Yu, Huang
 * and Lin 2011). What each case pulls at the weights is kept, and going over it again only corrects that: however often a
 * case comes up, it counts once, and the weights go to those of a fit to all cases at once. So each of a few hundred cases is
 * made the most of, where single steps leave much unlearnt, and repeated ones learn by heart. Older cases pull on as they did last.
 */
export class Ridge {
  readonly #options: RidgeOptions
  readonly #columns: Columns
  /** Where the weight of each feature is. */
  readonly #places: Int32Array
  readonly #scales: Float32Array
  readonly #lengths = new Uint16Array(KEPT)
  /** Sum of the squared values of a case. */
  readonly #norms = new Float64Array(KEPT)
  readonly #isBad = new Uint8Array(KEPT)
  readonly #weights = new Float64Array(KEPT)
  /** What a case pulls now, from -weight to weight. */
  readonly #pulls = new Float64Array(KEPT)
  #count = 0
  #random = 1

  constructor(columns: Columns, options: RidgeOptions) {
    this.#options = options
    this.#columns = columns
    this.#places = new Int32Array(KEPT * options.width)
    this.#scales = new Float32Array(KEPT * options.width)
  }

  /** Log odds of a case with these features, each with the value beside it. */
  score(features: readonly number[], scales: readonly number[]): number {
    const { cells, stride, first } = this.#columns
    let sum = 0
    for (let index = 0; index < features.length; index++)
      sum += (cells[(features[index] ?? 0) * stride + first] ?? 0) * (scales[index] ?? 0)
    return sum
  }

  /** Learns what has to be added to `offset` log odds. A case of weight 2 counts as two. */
  learn(features: readonly number[], scales: readonly number[], isBad: boolean, weight: number, offset: number): void {
    const slot = this.#count++ % KEPT
    this.#keep(slot, features, scales)
    this.#isBad[slot] = isBad ? 1 : 0
    this.#weights[slot] = weight
    this.#pulls[slot] = 0
    this.#fit(slot, offset)
    const [scarce, later] = this.#options.again
    const times = this.#count < KEPT ? scarce : later
    for (let time = 0; time < times; time++) {
      this.#random = (Math.imul(this.#random, 1_664_525) + 0x9e3779b9) >>> 0
      this.#fit(Math.floor((this.#random / 2 ** 32) * Math.min(this.#count, KEPT)), offset)
    }
  }

  #keep(slot: number, features: readonly number[], scales: readonly number[]): void {
    const { width } = this.#options
    const { stride, first } = this.#columns
    const [places, kept] = [this.#places, this.#scales]
    const length = Math.min(features.length, width)
    let norm = 0
    for (let index = 0; index < length; index++) {
      const scale = scales[index] ?? 0
      places[slot * width + index] = (features[index] ?? 0) * stride + first
      kept[slot * width + index] = scale
      norm += scale * scale
    }
    this.#lengths[slot] = length
    this.#norms[slot] = norm
  }

  /** Lets one case pull as much as the weights, as they are now, leave unexplained of it: one Newton step. */
  #fit(slot: number, offset: number): void {
    const { cells } = this.#columns
    const [places, scales] = [this.#places, this.#scales]
    const { variance, width } = this.#options
    const from = slot * width
    const to = from + (this.#lengths[slot] ?? 0)
    let sum = offset
    for (let at = from; at < to; at++) sum += (cells[places[at] ?? 0] ?? 0) * (scales[at] ?? 0)
    const p = probability(sum)
    const weight = this.#weights[slot] ?? 0
    const curvature = weight * Math.max(p * (1 - p), LEAST_CURVATURE)
    const before = this.#pulls[slot] ?? 0
    const wanted = weight * ((this.#isBad[slot] ?? 0) - p)
    const change = (wanted - before) / (1 + curvature * variance * (this.#norms[slot] ?? 0))
    this.#pulls[slot] = before + change
    const step = change * variance
    for (let at = from; at < to; at++) {
      const place = places[at] ?? 0
      cells[place] = (cells[place] ?? 0) + step * (scales[at] ?? 0)
    }
  }
}
