interface Entry {
  readonly at: number
  readonly amount: number
}

/** One sliding window. Adding and reading cost the same however long the history is: what has left the window is dropped on the way. */
export class SlidingWindow {
  /** In the order in which they leave. */
  #entries: Entry[] = []
  #first = 0
  #total = 0
  #windowMs = 0

  /** What was added in the last `windowMs` milliseconds. An entry leaves exactly `windowMs` after it came. */
  total(at: number, windowMs: number): number {
    this.#windowMs = windowMs
    this.#drop(at - windowMs)
    return this.#total
  }

  /** Entries may come out of order: clocks of several processes do. */
  add(at: number, windowMs: number, amount: number): void {
    this.#windowMs = windowMs
    this.#drop(at - windowMs)
    let index = this.#entries.length
    while (index > this.#first && (this.#entries[index - 1]?.at ?? 0) > at) index--
    this.#entries.splice(index, 0, { at, amount })
    this.#total += amount
  }

  isEmpty(at: number): boolean {
    this.#drop(at - this.#windowMs)
    return this.#first === this.#entries.length
  }

  #drop(until: number): void {
    const before = this.#first
    const total = this.#total
    let entry = this.#entries[this.#first]
    while (entry !== undefined && entry.at <= until) {
      this.#total -= entry.amount
      this.#first++
      entry = this.#entries[this.#first]
    }
    if (this.#first === before) return
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
    // Such a total was not exact (nor is infinity): what is taken from it would leave a remainder behind.
    if (total > Number.MAX_SAFE_INTEGER) this.#total = this.#sum()
  }

  #sum(): number {
    return this.#entries.slice(this.#first).reduce((sum, { amount }) => sum + amount, 0)
  }
}
