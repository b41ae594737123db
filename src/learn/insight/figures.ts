import { present } from '../../ambient.js'
import { calibrationError } from './bins.js'
import type { Tie } from './observations.js'

/** How good risks were, of decisions that have both a risk and a label. What cannot be said of so few is absent. */
export interface CalibrationFigures {
  /** Decisions with a risk and a label; all else counts these. */
  readonly n: number
  /** How many turned out bad. */
  readonly bad: number
  /** `bad / n`. */
  readonly baseRate?: number
  /** Mean of the risks. */
  readonly meanRisk?: number
  /** Mean of (risk − label)², the label being 1 where it turned out bad (Brier 1950). 0 at best. */
  readonly brier?: number
  /** 1 − `brier` / (`baseRate` · (1 − `baseRate`)): against always saying the base rate. 1 at best, below 0 is worse than that. Absent where all turned out the same. */
  readonly brierSkill?: number
  /** Expected calibration error in 15 bins of equal mass. */
  readonly ece?: number
  /** Chance that of a bad and a good decision the bad one had the higher risk; equal ones count half. Absent where all turned out the same. */
  readonly auroc?: number
}

/** The figures of decisions, given by their risk from the lowest to the highest. */
export function figuresOf(ties: readonly Tie[]): CalibrationFigures {
  let [good, bad, sum, squares, pairs] = [0, 0, 0, 0, 0]
  for (const tie of ties) {
    sum += tie.risk * (tie.good + tie.bad)
    squares += tie.good * tie.risk ** 2 + tie.bad * (1 - tie.risk) ** 2
    pairs += tie.bad * (good + tie.good / 2)
    good += tie.good
    bad += tie.bad
  }
  const n = good + bad
  if (n === 0) return { n, bad }
  const baseRate = bad / n
  const brier = squares / n
  const differ = good > 0 && bad > 0
  return {
    n,
    bad,
    baseRate,
    meanRisk: sum / n,
    brier,
    ece: calibrationError(ties),
    ...present({
      brierSkill: differ ? 1 - brier / (baseRate * (1 - baseRate)) : undefined,
      auroc: differ ? pairs / (good * bad) : undefined,
    }),
  }
}
