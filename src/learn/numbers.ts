const LONGEST = 512
/** Of halves, so that the engine keeps numbers as they are and not as objects. */
const PATTERN = Array.from({ length: LONGEST }, () => 0.5)

/**
 * A list of so many numbers, at most 512, to be filled in. A copy of one that is there is several times faster than a list that
 * grows, or a small typed array, which lives outside of the heap.
 */
export function numbers(length: number): number[] {
  return PATTERN.slice(0, length)
}
