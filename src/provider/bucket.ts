/** Tokens that were taken from a {@link Bucket}. */
export interface Taken {
  readonly at: number
  amount: number
}

/**
 * A bucket of tokens, each of which comes back exactly one window after it was taken: so no window of that length, wherever
 * it begins, has more than the bucket holds. (A bucket that refills all the time lets through twice as much.)
 */
export class Bucket {
  readonly #max: number
  readonly #windowMs: number
  /** In the order in which they come back. */
  #taken: Taken[] = []
  #first = 0
  #total = 0
  #now = Number.NEGATIVE_INFINITY

  constructor(max: number, windowMs: number) {
    this.#max = max
    this.#windowMs = windowMs
  }

  /** When so many tokens will be there: `now`, or later. More than the bucket can hold are there when it is full. */
  availableAt(amount: number, now: number): number {
    this.#return(now)
    let missing = this.#total + this.#fitting(amount) - this.#max
    let at = now
    for (let index = this.#first; missing > 0; index++) {
      const taken = this.#taken[index]
      if (taken === undefined) break
      missing -= taken.amount
      at = taken.at + this.#windowMs
    }
    return at
  }

  /** Takes tokens that are there. */
  take(amount: number, now: number): Taken {
    const taken = { at: now, amount: this.#fitting(amount) }
    this.#taken.push(taken)
    this.#total += taken.amount
    return taken
  }

  /** It was more, or less, than had been thought. */
  settle(taken: Taken, amount: number): void {
    // What has come back already is not counted any more.
    if (taken.at + this.#windowMs <= this.#now) return
    this.#total += amount - taken.amount
    taken.amount = amount
  }

  #fitting(amount: number): number {
    return Math.min(amount, this.#max)
  }

  #return(now: number): void {
    this.#now = now
    let taken = this.#taken[this.#first]
    while (taken !== undefined && taken.at + this.#windowMs <= now) {
      this.#total -= taken.amount
      this.#first++
      taken = this.#taken[this.#first]
    }
    if (this.#first > 64 && this.#first * 2 > this.#taken.length) {
      this.#taken = this.#taken.slice(this.#first)
      this.#first = 0
    }
  }
}
