import type { Columns } from './columns.js'
import { probability } from './logistic.js'

/** How fast a linear learner learns and how much it shrinks. */
export interface FtrlOptions {
  /** Learning rate. */
  readonly alpha: number
  /** Added to the root of the squared gradients: keeps first steps small. */
  readonly beta: number
  readonly l1: number
  readonly l2: number
}

/** Columns that it takes: z, the root of n, and the weight that follows from the two. */
export const FTRL_WIDTH = 3
const ROOT = 1
const WEIGHT = 2

/**
 * Logistic regression over hashed features, learnt one case at a time by FTRL-Proximal with a rate per weight
 * (McMahan et al. 2013, "Ad click prediction: a view from the trenches").
 */
export class Ftrl {
  readonly #options: FtrlOptions
  readonly #columns: Columns

  constructor(columns: Columns, options: FtrlOptions) {
    this.#columns = columns
    this.#options = options
  }

  /** Log odds of a case with these features, each with the value beside it. */
  score(features: readonly number[], scales: readonly number[]): number {
    const { cells, stride, first } = this.#columns
    const weight = first + WEIGHT
    let sum = 0
    for (let index = 0; index < features.length; index++)
      sum += (cells[(features[index] ?? 0) * stride + weight] ?? 0) * (scales[index] ?? 0)
    return sum
  }

  /** Takes one step towards a label. `weight` multiplies the gradient. */
  learn(features: readonly number[], scales: readonly number[], isBad: boolean, weight: number): void {
    const { alpha, beta, l1, l2 } = this.#options
    const rate = 1 / alpha
    const { cells, stride, first } = this.#columns
    const error = (probability(this.score(features, scales)) - (isBad ? 1 : 0)) * weight
    const least = beta * rate + l2
    for (let index = 0; index < features.length; index++) {
      const at = (features[index] ?? 0) * stride + first
      const gradient = error * (scales[index] ?? 0)
      const before = cells[at + ROOT] ?? 0
      const root = Math.sqrt(before * before + gradient * gradient)
      const z = (cells[at] ?? 0) + gradient - (root - before) * rate * (cells[at + WEIGHT] ?? 0)
      cells[at] = z
      cells[at + ROOT] = root
      // Halving is exact, and so this is 0 up to l1: which of them are beyond, and on which side, a branch would guess wrongly.
      const beyond = Math.abs(z) - l1
      const size = (beyond + Math.abs(beyond)) * 0.5
      cells[at + WEIGHT] = (size * (1 - 2 * Number(z > 0))) / (least + root * rate) + 0
    }
  }
}
