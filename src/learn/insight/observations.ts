const FIRST_CAPACITY = 1024

/** Decisions of one and the same risk, and how many of them turned out how. */
export interface Tie {
  readonly risk: number
  readonly good: number
  readonly bad: number
}

/**
 * Risks that were stated, each with what it turned out to be. Nine bytes each: a hundred thousand fit in a megabyte,
 * where as many records take hundreds.
 */
export class Observations {
  #risks = new Float64Array(FIRST_CAPACITY)
  #bad = new Uint8Array(FIRST_CAPACITY)
  #size = 0

  get size(): number {
    return this.#size
  }

  add(risk: number, isBad: boolean): void {
    if (this.#size === this.#risks.length) this.#grow()
    this.#risks[this.#size] = risk
    this.#bad[this.#size] = isBad ? 1 : 0
    this.#size++
  }

  /** All of them from the lowest risk to the highest. What is counted from these does not depend on the order of arrival. */
  ties(): Tie[] {
    const [goods, bads] = [this.#sorted(0), this.#sorted(1)]
    const ties: Tie[] = []
    let [good, bad] = [0, 0]
    while (good < goods.length || bad < bads.length) {
      const risk = Math.min(goods[good] ?? Infinity, bads[bad] ?? Infinity)
      const from = [good, bad] as const
      while (goods[good] === risk) good++
      while (bads[bad] === risk) bad++
      ties.push({ risk, good: good - from[0], bad: bad - from[1] })
    }
    return ties
  }

  #sorted(isBad: 0 | 1): Float64Array {
    return this.#risks
      .subarray(0, this.#size)
      .filter((_risk, index) => this.#bad[index] === isBad)
      .toSorted()
  }

  #grow(): void {
    const [risks, bad] = [this.#risks, this.#bad]
    this.#risks = new Float64Array(risks.length * 2)
    this.#risks.set(risks)
    this.#bad = new Uint8Array(bad.length * 2)
    this.#bad.set(bad)
  }
}
