/**
 * A map that forgets what has not been set for long, for keys that come from outside. Holds at least the `size` keys set
 * last and at most twice as many, in two generations: dropping a whole generation costs nothing, deleting the first key
 * of a large map does.
 */
export class RecentMap<KEY, VALUE> {
  readonly #size: number
  #recent = new Map<KEY, VALUE>()
  #older = new Map<KEY, VALUE>()

  constructor(size: number) {
    this.#size = size
  }

  get(key: KEY): VALUE | undefined {
    return this.#recent.get(key) ?? this.#older.get(key)
  }

  set(key: KEY, value: VALUE): void {
    this.#recent.set(key, value)
    if (this.#recent.size < this.#size) return
    this.#older = this.#recent
    this.#recent = new Map()
  }

  delete(key: KEY): void {
    this.#recent.delete(key)
    this.#older.delete(key)
  }

  get isEmpty(): boolean {
    return this.#recent.size === 0 && this.#older.size === 0
  }
}
