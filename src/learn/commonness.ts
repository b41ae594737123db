import { numbers } from './numbers.js'
import type { Table } from './state.js'

/**
 * How often each hashed feature was in a labelled case. A feature that every case has says nothing, and a hundred such
 * would all take a share of every step: each counts by the root of the share of cases that do not have it.
 */
export class Commonness {
  readonly counts: Float32Array
  readonly total = new Float64Array(1)

  constructor(bits: number) {
    this.counts = new Float32Array(2 ** bits)
  }

  get tables(): readonly Table[] {
    return [this.counts, this.total]
  }

  /** The value of each feature of a case, 0..1; the first is the constant one and counts in full. */
  scales(features: readonly number[]): readonly number[] {
    const scales = numbers(features.length)
    const { counts } = this
    const total = (this.total[0] ?? 0) + 2
    for (let index = 0; index < features.length; index++) {
      const share = (counts[features[index] ?? 0] ?? 0) / total
      scales[index] = share < 1 ? Math.sqrt(1 - share) : 0
    }
    if (features.length > 0) scales[0] = 1
    return scales
  }

  add(features: readonly number[]): void {
    this.total[0] = (this.total[0] ?? 0) + 1
    for (let index = 0; index < features.length; index++) {
      const at = features[index] ?? 0
      this.counts[at] = (this.counts[at] ?? 0) + 1
    }
  }
}
