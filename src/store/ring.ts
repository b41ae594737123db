/** The last things put in, as a ring: asking a map for its first key after many deletions is slow. */
export class Ring<T> {
  readonly #size: number
  readonly #items: T[] = []
  #oldest = 0

  /** Keeps the `size` things that were put in last. */
  constructor(size: number) {
    this.#size = size
  }

  /** Puts one in, and gives back the one that has to go for it. */
  push(item: T): T | undefined {
    if (this.#items.length < this.#size) {
      this.#items.push(item)
      return undefined
    }
    const dropped = this.#items[this.#oldest]
    this.#items[this.#oldest] = item
    this.#oldest = (this.#oldest + 1) % this.#size
    return dropped
  }

  *newestFirst(): Generator<T, void, undefined> {
    for (let age = 1; age <= this.#items.length; age++) {
      const item = this.#items.at((this.#oldest - age) % this.#items.length)
      if (item !== undefined) yield item
    }
  }
}
