import { probability } from './logistic.js'
import type { Table } from './state.js'

/** Log odds from -8 to 8, one apart. */
const KNOTS = 17
const REACH = (KNOTS - 1) / 2
/** Variance of what is added at a knot before any case, and the share of it that comes back with every case there. */
const PRIOR = 0.05
const DRIFT = 0.00005
const LEAST_CURVATURE = 0.02
/** Cases after which half of a correction is believed: the order of few cases is worth more than their mean. */
const HALF_AFTER = 2000

/**
 * What log odds have been off by, depending on how high they were: a broken line through a knot at each whole number, where
 * every case moves the two around it (adaptive probability maps, as in Mahoney's PAQ, with a Kalman gain for each knot). A
 * mix of many parts that each see the same reason is too sure of it, and no weights of the parts mend that.
 */
export class Correction {
  readonly #means = new Float64Array(KNOTS)
  readonly #variances = new Float64Array(KNOTS).fill(PRIOR)
  readonly #cases = new Float64Array(1)

  get tables(): readonly Table[] {
    return [this.#means, this.#variances, this.#cases]
  }

  /** Cases that were learnt. */
  get cases(): number {
    return this.#cases[0] ?? 0
  }

  /** What is to be added to log odds. */
  of(logOdds: number): number {
    return (this.#at(logOdds) * this.cases) / (this.cases + HALF_AFTER)
  }

  /** Learns how a case with these log odds, not yet corrected, turned out. */
  learn(logOdds: number, isBad: boolean, weight: number): void {
    const [low, share] = placeOf(logOdds)
    const p = probability(logOdds + this.#at(logOdds))
    const curvature = Math.max(p * (1 - p), LEAST_CURVATURE) * weight
    const gains = [(this.#variances[low] ?? 0) * (1 - share), (this.#variances[low + 1] ?? 0) * share] as const
    const scale = 1 / (1 + curvature * (gains[0] * (1 - share) + gains[1] * share))
    const step = ((isBad ? 1 : 0) - p) * weight * scale
    for (const [index, gain] of gains.entries()) {
      const knot = low + index
      this.#means[knot] = (this.#means[knot] ?? 0) + gain * step
      const left = (this.#variances[knot] ?? 0) - gain * gain * curvature * scale
      this.#variances[knot] = left * (1 - DRIFT) + PRIOR * DRIFT
    }
    this.#cases[0] = this.cases + 1
  }

  #at(logOdds: number): number {
    const [low, share] = placeOf(logOdds)
    return (this.#means[low] ?? 0) * (1 - share) + (this.#means[low + 1] ?? 0) * share
  }
}

/** The knot below, and how far beyond it, 0..1. */
function placeOf(logOdds: number): readonly [number, number] {
  const place = Math.max(0, Math.min(KNOTS - 1, logOdds + REACH))
  const low = Math.min(KNOTS - 2, Math.floor(place))
  return [low, place - low]
}
