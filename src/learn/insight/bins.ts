import { lowerBound, upperBound } from './binomial.js'
import type { Tie } from './observations.js'

/** Bins of the calibration error where nothing is said: as many as the figures it is compared with use. */
export const USUAL_BINS = 15
/** Each end of the interval of a bin leaves out 2.5 %. */
const ONE_SIDED = 0.975

/** Decisions of similar risk. */
export interface ReliabilityBin {
  /** Lowest and highest risk in it. */
  readonly from: number
  readonly to: number
  readonly n: number
  readonly bad: number
  /** What was foretold: the mean of the risks. */
  readonly meanRisk: number
  /** What came of it: `bad / n`. */
  readonly badRate: number
  /** Where the true rate lies, at 95 % (Clopper and Pearson 1934). */
  readonly low: number
  readonly high: number
}

/** Decisions in one bin, before it is looked at. */
interface Filling {
  from: number
  to: number
  n: number
  bad: number
  sum: number
}

/**
 * Bins of equal mass: as many decisions in each as can be. Decisions of the same risk stay together, so that their order
 * means nothing; there are fewer bins then.
 */
export function binsOf(ties: readonly Tie[], count = USUAL_BINS): ReliabilityBin[] {
  return filled(ties, count).map(({ from, to, n, bad, sum }) => ({
    from,
    to,
    n,
    bad,
    meanRisk: sum / n,
    badRate: bad / n,
    low: lowerBound(bad, n, ONE_SIDED),
    high: upperBound(bad, n, ONE_SIDED),
  }))
}

/**
 * Expected calibration error: how far what was foretold is from what came, on average over the decisions.
 * Zero at best; of few decisions it is above zero however good the risks are.
 */
export function calibrationError(ties: readonly Tie[], count = USUAL_BINS): number {
  const bins = filled(ties, count)
  const n = bins.reduce((sum, bin) => sum + bin.n, 0)
  return bins.reduce((sum, bin) => sum + Math.abs(bin.sum - bin.bad), 0) / n
}

function filled(ties: readonly Tie[], count: number): Filling[] {
  const total = ties.reduce((sum, { good, bad }) => sum + good + bad, 0)
  const bins = new Map<number, Filling>()
  let before = 0
  for (const { risk, good, bad } of ties) {
    const n = good + bad
    // By the middle of those that stay together.
    const index = Math.floor((count * (before + n / 2)) / total)
    const bin = bins.get(index) ?? { from: risk, to: risk, n: 0, bad: 0, sum: 0 }
    bins.set(index, bin)
    bin.to = risk
    bin.n += n
    bin.bad += bad
    bin.sum += risk * n
    before += n
  }
  return [...bins.values()]
}
