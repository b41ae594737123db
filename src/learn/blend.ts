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
 * inputs that say the same share the blame.
 */
export class Blend {
  readonly #options: BlendOptions
  readonly #width: number
  readonly means: Float64Array
  /** Of each set the upper half, row by row: the table is symmetric. */
  readonly covariances: Float64Array
  readonly #gain: Float64Array

  constructor(options: BlendOptions) {
    this.#options = options
    this.#width = options.initial[0]?.length ?? 0
    const width = this.#width
    this.means = Float64Array.from(options.initial.flat())
    this.covariances = new Float64Array(options.initial.length * triangle(width))
    this.#gain = new Float64Array(width)
    for (let set = 0, at = 0; set < options.initial.length; set++)
      for (let row = 0; row < width; at += width - row++) this.covariances[at] = options.prior
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
    let at = set * triangle(width)
    for (let row = 0; row < width; row++) {
      const gain = gains[row] ?? 0
      means[set * width + row] = (means[set * width + row] ?? 0) + gain * step
      const share = gain * curvature * scale
      covariances[at] = ((covariances[at] ?? 0) - gain * share) * keep + prior * drift
      at++
      for (let column = row + 1; column < width; column++, at++)
        covariances[at] = ((covariances[at] ?? 0) - share * (gains[column] ?? 0)) * keep
    }
  }

  /** Covariance times inputs into the gain; returns the variance of the mix. */
  #project(inputs: readonly number[], set: number): number {
    const { covariances } = this
    const gains = this.#gain.fill(0)
    const width = this.#width
    let at = set * triangle(width)
    let variance = 0
    for (let row = 0; row < width; row++) {
      const input = inputs[row] ?? 0
      let sum = (gains[row] ?? 0) + (covariances[at++] ?? 0) * input
      for (let column = row + 1; column < width; column++, at++) {
        const shared = covariances[at] ?? 0
        sum += shared * (inputs[column] ?? 0)
        gains[column] = (gains[column] ?? 0) + shared * input
      }
      gains[row] = sum
      variance += sum * input
    }
    return variance
  }
}

/** How many numbers a symmetric table of so many rows has, each pair once. */
function triangle(rows: number): number {
  return (rows * (rows + 1)) / 2
}
