import type { Columns } from './columns.js'
import { probability } from './logistic.js'

/** Columns that it takes: the mean and the variance of a weight. */
export const GAUSSIAN_WIDTH = 2

/** What a linear learner believes before it has seen anything, and how fast it forgets. */
export interface GaussianOptions {
  /** Variance of a weight before any case. */
  readonly prior: number
  /** Variance that no weight falls below: how fast a world may change. */
  readonly floor: number
}

/**
 * Logistic regression over hashed features with a mean and a variance per weight, updated once per case by the extended
 * Kalman filter with a diagonal covariance (as in Graepel et al. 2010, "adPredictor"). Unlike plain gradients, many
 * features that say the same share one step instead of taking one each.
 */
export class Gaussian {
  readonly #options: GaussianOptions
  readonly #columns: Columns

  constructor(columns: Columns, options: GaussianOptions) {
    this.#columns = columns
    this.#options = options
    const { cells, stride, first } = columns
    for (let at = first + 1; at < cells.length; at += stride) cells[at] = options.prior
  }

  /** Log odds of a case with these features, drawn towards even odds by how unsure they are (MacKay 1992). */
  score(features: readonly number[], scales: readonly number[]): number {
    const { cells, stride, first } = this.#columns
    let sum = 0
    let variance = 0
    for (let index = 0; index < features.length; index++) {
      const x = scales[index] ?? 0
      const at = (features[index] ?? 0) * stride + first
      sum += x * (cells[at] ?? 0)
      variance += x * x * (cells[at + 1] ?? 0)
    }
    return sum / Math.sqrt(1 + (Math.PI / 8) * variance)
  }

  /** Takes one step towards a label. A case of weight 2 counts as two. */
  learn(features: readonly number[], scales: readonly number[], isBad: boolean, weight: number): void {
    const { cells, stride, first } = this.#columns
    let sum = 0
    let variance = 0
    for (let index = 0; index < features.length; index++) {
      const x = scales[index] ?? 0
      const at = (features[index] ?? 0) * stride + first
      sum += x * (cells[at] ?? 0)
      variance += x * x * (cells[at + 1] ?? 0)
    }
    const p = probability(sum)
    const curvature = Math.max(p * (1 - p), 0.01) * weight
    const step = (((isBad ? 1 : 0) - p) * weight) / (1 + curvature * variance)
    const shrink = curvature / (1 + curvature * variance)
    const { floor } = this.#options
    for (let index = 0; index < features.length; index++) {
      const at = (features[index] ?? 0) * stride + first
      const own = cells[at + 1] ?? 0
      const x = scales[index] ?? 0
      cells[at] = (cells[at] ?? 0) + own * x * step
      cells[at + 1] = Math.max(floor, own - own * own * x * x * shrink)
    }
  }
}
