/** Values of one signal: 0..31. */
export const BINS = 32
/** Questions on the way to a leaf. */
export const DEPTH = 4
/** Inner nodes of a tree. */
export const NODES = 2 ** DEPTH - 1
/** Leaves of a tree. */
export const LEAVES = 2 ** DEPTH

/** Trees of one depth in flat arrays. */
export interface Trees {
  /** Which signal each node asks about. */
  readonly splitSignal: Uint8Array
  /** The largest value that goes left; 255 sends all left. */
  readonly splitBin: Uint8Array
  readonly values: Float32Array
}

/** A number from -8..8 as one of the bins, a fifth of a unit wide at the least. */
export function binOfLogOdds(logOdds: number): number {
  return clampBin(logOdds * 2.5 + 15.5)
}

/** A count as one of the bins, on a scale of magnitude. */
export function binOfCount(count: number): number {
  return count === 0 ? 0 : clampBin(Math.log2(1 + count) * 4)
}

/** The nearest bin. */
export function clampBin(value: number): number {
  return Math.max(0, Math.min(BINS - 1, Math.round(value)))
}

/** Place in `values` of the leaf that a case falls into, whose signals stand in `row` of lists that begin `stride` apart. */
export function leafOf(
  { splitSignal, splitBin }: Trees,
  tree: number,
  signals: Uint8Array,
  stride: number,
  row: number,
): number {
  let node = 0
  for (let depth = 0; depth < DEPTH; depth++) {
    const at = tree * NODES + node
    const value = signals[(splitSignal[at] ?? 0) * stride + row] ?? 0
    node = 2 * node + 1 + (((splitBin[at] ?? 0) - value) >>> 31)
  }
  return tree * LEAVES + node - NODES
}
