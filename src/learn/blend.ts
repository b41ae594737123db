import { probability } from './logistic.js'
import type { Table } from './state.js'

/** What a blend believes before it has seen anything. */
export interface BlendOptions {
  /** How much each input counts, per set. */
  readonly initial: readonly (readonly number[])[]
  /** Variance of each weight before any case. */
  readonly prior: number
  /** Share of the prior variance that comes back with every case: how fast the best mix may change. */
  readonly drift: number
}

const LEAST_CURVATURE = 0.02

/**
 * Mixes log odds into log odds with weights that depend on a small context, as logistic mixing does (Mattern 2012), but
 * keeps the full covariance of the weights (extended Kalman filter): with little data the mix stays where it began, and
 * inputs that say the same share the blame. Predictions are drawn towards even odds by how unsure the weights are.
 */
export class Blend {
  readonly #options: BlendOptions
  readonly #width: number
  readonly means: Float64Array
  readonly covariances: Float64Array
  readonly #gain: Float64Array

  constructor(options: BlendOptions) {
    this.#options = options
    this.#width = options.initial[0]?.length ?? 0
    const width = this.#width
    this.means = Float64Array.from(options.initial.flat())
    this.covariances = new Float64Array(options.initial.length * width * width)
    this.#gain = new Float64Array(width)
    for (let set = 0; set < options.initial.length; set++)
      for (let index = 0; index < width; index++)
        this.covariances[(set * width + index) * width + index] = options.prior
  }

  get tables(): readonly Table[] {
    return [this.means, this.covariances]
  }

  mix(inputs: readonly number[], set: number): number {
    const { means } = this
    const width = this.#width
    const offset = set * width
    let sum = 0
    for (let index = 0; index < width; index++) sum += (means[offset + index] ?? 0) * (inputs[index] ?? 0)
    return sum
  }

  /** Learns what has to be added to `offset` log odds. */
  learn(inputs: readonly number[], set: number, isBad: boolean, weight: number, offset: number): void {
    const { means, covariances } = this
    const gains = this.#gain
    const width = this.#width
    const p = probability(offset + this.mix(inputs, set))
    const variance = this.#project(inputs, set)
    const curvature = Math.max(p * (1 - p), LEAST_CURVATURE) * weight
    const scale = 1 / (1 + curvature * variance)
    const step = ((isBad ? 1 : 0) - p) * weight * scale
    const { prior, drift } = this.#options
    const keep = 1 - drift
    for (let row = 0; row < width; row++) {
      const gain = gains[row] ?? 0
      means[set * width + row] = (means[set * width + row] ?? 0) + gain * step
      const start = (set * width + row) * width
      // It is symmetric: half of it is worked out, and written twice.
      let mirrored = start + row
      for (let column = row; column < width; column++) {
        const next = ((covariances[start + column] ?? 0) - gain * (gains[column] ?? 0) * curvature * scale) * keep
        covariances[start + column] = next
        covariances[mirrored] = next
        mirrored += width
      }
      covariances[start + row] = (covariances[start + row] ?? 0) + prior * drift
    }
  }

  /** Covariance times inputs into the gain; returns the variance of the mix. */
  #project(inputs: readonly number[], set: number): number {
    const { covariances } = this
    const gains = this.#gain
    const width = this.#width
    // Two rows at once, because one sum waits for itself with every step; of an odd number, the last but one twice.
    for (let row = 0; row < width; row += 2) {
      const first = Math.min(row, width - 2)
      const offset = (set * width + first) * width
      let one = 0
      let other = 0
      for (let column = 0; column < width; column++) {
        const input = inputs[column] ?? 0
        one += (covariances[offset + column] ?? 0) * input
        other += (covariances[offset + width + column] ?? 0) * input
      }
      gains[first] = one
      gains[first + 1] = other
    }
    let variance = 0
    for (let row = 0; row < width; row++) variance += (gains[row] ?? 0) * (inputs[row] ?? 0)
    return variance
  }
}
