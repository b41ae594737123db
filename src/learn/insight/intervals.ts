/** Two sides of an interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** The 97.5 % point of the normal distribution: what leaves 5 % outside of both ends together. */
const Z = 1.959963984540054

/** How often something was so. */
export interface Share {
  readonly count: number
  readonly n: number
}

/** Mean of what was measured, its variance (of a sample: over n - 1), and how often. */
export interface Sample {
  readonly mean: number
  readonly variance: number
  readonly n: number
}

/** Where a share lies, at 95 % (Wilson 1927). */
export function wilson({ count, n }: Share): Interval {
  const p = count / n
  const middle = (p + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n)
  const half = (Z / (1 + Z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + Z ** 2 / (4 * n ** 2))
  return { low: middle - half, high: middle + half }
}

/** Where `now` − `before` lies, at 95 %: two independent shares (Newcombe 1998, method 10). Both are of 1 case at least. */
export function shareDifference(now: Share, before: Share): Interval {
  const [p, q] = [now.count / now.n, before.count / before.n]
  const [a, b] = [wilson(now), wilson(before)]
  return {
    low: p - q - Math.sqrt((p - a.low) ** 2 + (b.high - q) ** 2),
    high: p - q + Math.sqrt((a.high - p) ** 2 + (q - b.low) ** 2),
  }
}

/** Where `now` − `before` lies, at 95 %: two independent means of unequal variances, by the normal approximation. */
export function meanDifference(now: Sample, before: Sample): Interval {
  const difference = now.mean - before.mean
  const half = Z * Math.sqrt(now.variance / now.n + before.variance / before.n)
  return { low: difference - half, high: difference + half }
}
