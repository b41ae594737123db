/** Some of the numbers that are kept per hashed feature: those of one learner, beside those of the others. */
export interface Columns {
  /** The numbers of all features; feature `f` begins at `f * stride`. */
  readonly cells: Float32Array
  readonly stride: number
  /** Where this learner's numbers begin, counted from where those of the feature do. */
  readonly first: number
}

/**
 * One table for several learners over the same `2 ** bits` features, of so many numbers each: side by side, because what is far
 * apart in memory is slow, and a case of two hundred features asks for all of them.
 */
export function columnsOf(bits: number, widths: readonly number[]): readonly Columns[] {
  const stride = widths.reduce((sum, width) => sum + width, 0)
  const cells = new Float32Array(stride * 2 ** bits)
  let next = 0
  return widths.map(width => {
    const first = next
    next += width
    return { cells, stride, first }
  })
}
