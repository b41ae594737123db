/** One sliding window. Adding and reading cost the same however long the history is: what has left the window is dropped on the way. */
export class SlidingWindow {
  #entries: { readonly at: number; readonly amount: number }[] = []
  #first = 0
  #total = 0
  #windowMs = 0

  /** What was added in the last `windowMs` milliseconds. An entry leaves exactly `windowMs` after it came. */
  total(at: number, windowMs: number): number {
    this.#windowMs = windowMs
    this.#drop(at - windowMs)
    return this.#total
  }

  add(at: number, windowMs: number, amount: number): void {
    this.#windowMs = windowMs
    this.#drop(at - windowMs)
    this.#entries.push({ at, amount })
    this.#total += amount
  }

  isEmpty(at: number): boolean {
    this.#drop(at - this.#windowMs)
    return this.#first === this.#entries.length
  }

  #drop(until: number): void {
    let entry = this.#entries[this.#first]
    while (entry !== undefined && entry.at <= until) {
      this.#total -= entry.amount
      this.#first++
      entry = this.#entries[this.#first]
    }
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
  }
}
