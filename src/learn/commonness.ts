import type { Columns } from './columns.js'
import { numbers } from './numbers.js'
import type { Table } from './state.js'

/**
 * How often each hashed feature was in a labelled case. A feature that every case has says nothing, and a hundred such
 * would all take a share of every step: each counts by the root of the share of cases that do not have it.
 */
export class Commonness {
  readonly #columns: Columns
  readonly #total = new Float64Array(1)

  /** @param columns one */
  constructor(columns: Columns) {
    this.#columns = columns
  }

  /** What is kept beside the columns. */
  get tables(): readonly Table[] {
    return [this.#total]
  }

  /** The value of each feature of a case, 0..1; the first is the constant one and counts in full. */
  scales(features: readonly number[]): readonly number[] {
    const scales = numbers(features.length)
    const { cells, stride, first } = this.#columns
    const total = (this.#total[0] ?? 0) + 2
    for (let index = 0; index < features.length; index++) {
      const share = (cells[(features[index] ?? 0) * stride + first] ?? 0) / total
      scales[index] = share < 1 ? Math.sqrt(1 - share) : 0
    }
    if (features.length > 0) scales[0] = 1
    return scales
  }

  /** Counts a case. */
  add(features: readonly number[]): void {
    const { cells, stride, first } = this.#columns
    this.#total[0] = (this.#total[0] ?? 0) + 1
    for (let index = 0; index < features.length; index++) {
      const at = (features[index] ?? 0) * stride + first
      cells[at] = (cells[at] ?? 0) + 1
    }
  }
}
