import type { Tie } from './observations.js'

/** Bins of the index, as is usual for it. */
const BINS = 10
/** 95 % points of the chi-squared distribution with 1, 2 … 9 degrees of freedom. */
const CHI_SQUARED = [3.8415, 5.9915, 7.8147, 9.4877, 11.0705, 12.5916, 14.0671, 15.5073, 16.919]
/** Added to each bin (as Jeffreys' prior does), so that an empty one is not infinitely far. */
const HALF = 0.5

/** How far two samples of risks are from one distribution. */
export interface Stability {
  /** Population stability index: Σ (p − q) · ln(p / q) over at most ten bins of equal mass in the reference. 0 where they are alike. */
  readonly psi: number
  /** What it exceeds in 5 % of cases where nothing has changed: χ² with one degree less than bins, times (1/n + 1/m) (Yurdakul 2018). */
  readonly critical: number
  readonly bins: number
}

/** Compares risks, given from the lowest to the highest; nothing where there is nothing to compare. */
export function stability(recent: readonly Tie[], reference: readonly Tie[]): Stability | undefined {
  const [n, m] = [sizeOf(recent), sizeOf(reference)]
  const tops = topsOf(reference, m)
  if (n === 0 || tops.length < 2) return undefined
  const [ps, qs] = [sharesIn(recent, tops, n), sharesIn(reference, tops, m)]
  const psi = ps.reduce((sum, p, bin) => sum + (p - (qs[bin] ?? p)) * Math.log(p / (qs[bin] ?? p)), 0)
  const critical = (CHI_SQUARED[tops.length - 2] ?? Infinity) * (1 / n + 1 / m)
  return { psi, critical, bins: tops.length }
}

/** The highest risk of each bin; risks that are equal stay together. The last bin has no end. */
function topsOf(reference: readonly Tie[], total: number): number[] {
  const tops: number[] = []
  let [before, bin] = [0, -1]
  for (const tie of reference) {
    const n = tie.good + tie.bad
    const index = Math.floor((BINS * (before + n / 2)) / total)
    if (index === bin) tops[tops.length - 1] = tie.risk
    else tops.push(tie.risk)
    bin = index
    before += n
  }
  return tops
}

function sharesIn(ties: readonly Tie[], tops: readonly number[], total: number): number[] {
  const counts = tops.map(() => HALF)
  let bin = 0
  for (const { risk, good, bad } of ties) {
    while (bin < tops.length - 1 && risk > (tops[bin] ?? Infinity)) bin++
    counts[bin] = (counts[bin] ?? 0) + good + bad
  }
  return counts.map(count => count / (total + HALF * tops.length))
}

function sizeOf(ties: readonly Tie[]): number {
  return ties.reduce((sum, { good, bad }) => sum + good + bad, 0)
}
