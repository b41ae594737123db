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

  constructor(bits: number, options: FtrlOptions) {
    this.#options = options
    this.z = new Float32Array(2 ** bits)
    this.n = new Float32Array(2 ** bits)
  }

  get tables(): readonly Table[] {
    return [this.z, this.n]
  }

  /** Log odds of a case with these features, each of value `scale`. */
  score(features: Int32Array, scales: Float32Array): number {
    let sum = 0
    for (let index = 0; index < features.length; index++) sum += this.#weight(features[index] ?? 0) * (scales[index] ?? 0)
    return sum
  }

  /** Takes one step towards a label. `weight` multiplies the gradient. */
  learn(features: Int32Array, scales: Float32Array, isBad: boolean, weight: number): void {
    const { alpha } = this.#options
    const error = probability(this.score(features, scales)) - (isBad ? 1 : 0)
    for (let index = 0; index < features.length; index++) {
      const at = features[index] ?? 0
      const gradient = error * (scales[index] ?? 0) * weight
      const squared = gradient * gradient
      const before = this.n[at] ?? 0
      const sigma = (Math.sqrt(before + squared) - Math.sqrt(before)) / alpha
      this.z[at] = (this.z[at] ?? 0) + gradient - sigma * this.#weight(at)
      this.n[at] = before + squared
    }
  }

  #weight(at: number): number {
    const z = this.z[at] ?? 0
    const { alpha, beta, l1, l2 } = this.#options
    if (Math.abs(z) <= l1) return 0
    return -(z - Math.sign(z) * l1) / ((beta + Math.sqrt(this.n[at] ?? 0)) / alpha + l2)
  }
}
