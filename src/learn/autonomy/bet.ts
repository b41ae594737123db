/** Bets at once: of a mixture, the ones that win soon carry it. Shares of the largest bet that cannot lose everything. */
const BETS = [0.1, 0.3, 0.6, 0.95] as const

/**
 * Evidence that a chance is under a bound, gathered one case at a time and good whenever one looks at it: the wealth of a
 * bettor who cannot win on average if the chance is at or over the bound (Waudby-Smith and Ramdas, Estimating means of
 * bounded random variables by betting, 2020). By Ville's inequality it ever reaches 1/δ with chance δ at most.
 */
export class EvidenceUnder {
  readonly #bound: number
  readonly #logs: Float64Array

  constructor(bound: number) {
    this.#bound = bound
    this.#logs = new Float64Array(BETS.length)
  }

  add(isBad: boolean): void {
    const gain = this.#bound - (isBad ? 1 : 0)
    for (const [index, bet] of BETS.entries()) {
      // The largest bet loses all on one bad case: 1 + λ(bound − 1) = 0.
      const stake = bet / (1 - this.#bound)
      this.#logs[index] = (this.#logs[index] ?? 0) + Math.log1p(stake * gain)
    }
  }

  /** The wealth, as a natural logarithm. */
  get log(): number {
    return meanOfLogs(this.#logs)
  }

  /** What it has gathered, to be taken up again. */
  get state(): readonly number[] {
    return [...this.#logs]
  }

  set state(logs: readonly number[]) {
    this.#logs.set(logs.slice(0, BETS.length))
  }
}

/**
 * Evidence that a chance has risen over a bound, at whatever moment it did: bets begin anew with every case, and all of
 * them are kept (a Shiryaev–Roberts e-detector; Shin, Ramdas and Rinaldo, E-detectors, 2022). As long as the chance is under
 * the bound it takes n cases on average, or more, until its value is at n.
 */
export class ChangeOver {
  readonly #bound: number
  #sums = new Float64Array(BETS.length)

  constructor(bound: number) {
    this.#bound = bound
  }

  add(isBad: boolean): void {
    const gain = (isBad ? 1 : 0) - this.#bound
    for (const [index, bet] of BETS.entries()) {
      const stake = bet / this.#bound
      this.#sums[index] = (1 + (this.#sums[index] ?? 0)) * (1 + stake * gain)
    }
  }

  get value(): number {
    return this.#sums.reduce((sum, value) => sum + value, 0) / BETS.length
  }

  get state(): readonly number[] {
    return [...this.#sums]
  }

  set state(sums: readonly number[]) {
    this.#sums = Float64Array.from(BETS, (_, index) => sums[index] ?? 0)
  }
}

function meanOfLogs(logs: Float64Array): number {
  const largest = logs.reduce((most, log) => Math.max(most, log), Number.NEGATIVE_INFINITY)
  const sum = logs.reduce((total, log) => total + Math.exp(log - largest), 0)
  return largest + Math.log(sum / logs.length)
}
