import { atMost } from '../binomial.js'
import type { Tie } from '../observations.js'

/** How far a rule may be loosened, by what was recorded. */
export interface ApprovedRange {
  /** The lowest and the highest value that is covered. */
  readonly from: number
  readonly to: number
  /** Decisions in it of which somebody said how they turned out, and how many of them were refused or turned out bad. */
  readonly n: number
  readonly bad: number
}

/**
 * The highest value up to which it holds, with chance `confidence` at least, that no more than `maxRate` of calls are
 * refused or turn out bad (Clopper and Pearson 1934). Values are tried in their order, beginning with the first that has
 * enough calls for a clean record to suffice, and ending with the first that fails: so the chance holds for the value that
 * is chosen, however many were tried (a fixed sequence of tests; Maurer, Hothorn and Lehmacher 1995).
 */
export function approvedRange(ties: readonly Tie[], maxRate: number, confidence: number): ApprovedRange | undefined {
  const least = Math.ceil(Math.log(1 - confidence) / Math.log(1 - maxRate))
  const from = ties[0]?.risk ?? 0
  let [n, bad] = [0, 0]
  let found: ApprovedRange | undefined
  for (const tie of ties) {
    n += tie.good + tie.bad
    bad += tie.bad
    if (n < least) continue
    if (!isRare(bad, n, maxRate, confidence)) break
    found = { from, to: tie.risk, n, bad }
  }
  return found
}

/** Whether the true rate behind `bad` of `n` is at most `maxRate`, with chance `confidence`. */
export function isRare(bad: number, n: number, maxRate: number, confidence: number): boolean {
  return n > 0 && atMost(bad, n, maxRate) <= 1 - confidence
}
