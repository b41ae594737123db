import { probability } from './logistic.js'
import type { Table } from './state.js'

/** How fast a linear learner learns and how much it shrinks. */
export interface FtrlOptions {
  /** Learning rate. */
  readonly alpha: number
  /** Added to the root of the squared gradients: keeps first steps small. */
  readonly beta: number
  readonly l1: number
  readonly l2: number
}

/**
 * Logistic regression over hashed features, learnt one case at a time by FTRL-Proximal with a rate per weight
 * (McMahan et al. 2013, "Ad click prediction: a view from the trenches").
 */
export class Ftrl {
  readonly #options: FtrlOptions
  readonly z: Float32Array
  readonly n: Float32Array
  /** What follows from the two: kept, because predicting must cost little. */
  readonly weights: Float32Array

  constructor(bits: number, options: FtrlOptions) {
    this.#options = options
    this.z = new Float32Array(2 ** bits)
    this.n = new Float32Array(2 ** bits)
    this.weights = new Float32Array(2 ** bits)
  }

  get tables(): readonly Table[] {
    return [this.z, this.n, this.weights]
  }

  /** Log odds of a case with these features, each with the value beside it. */
  score(features: readonly number[], scales: readonly number[]): number {
    let sum = 0
    for (let index = 0; index < features.length; index++)
      sum += (this.weights[features[index] ?? 0] ?? 0) * (scales[index] ?? 0)
    return sum
  }

  /** Takes one step towards a label. `weight` multiplies the gradient. */
  learn(features: readonly number[], scales: readonly number[], isBad: boolean, weight: number): void {
    const { alpha, beta, l1, l2 } = this.#options
    const error = (probability(this.score(features, scales)) - (isBad ? 1 : 0)) * weight
    for (let index = 0; index < features.length; index++) {
      const at = features[index] ?? 0
      const gradient = error * (scales[index] ?? 0)
      const before = this.n[at] ?? 0
      const after = before + gradient * gradient
      const root = Math.sqrt(after)
      const z = (this.z[at] ?? 0) + gradient - ((root - Math.sqrt(before)) / alpha) * (this.weights[at] ?? 0)
      this.z[at] = z
      this.n[at] = after
      this.weights[at] = Math.abs(z) <= l1 ? 0 : (Math.sign(z) * l1 - z) / ((beta + root) / alpha + l2)
    }
  }
}
