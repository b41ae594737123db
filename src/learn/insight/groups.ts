/** What is collected by a name that comes from outside. */
export class Groups<T> {
  readonly #groups = new Map<string, T>()
  readonly #make: () => T

  constructor(make: () => T) {
    this.#make = make
  }

  of(key: string): T {
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const made = this.#make()
    this.#groups.set(key, made)
    return made
  }

  /** By name. */
  entries(): (readonly [key: string, group: T])[] {
    return [...this.#groups].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }
}

/** What names are counted by. */
export interface Counted {
  readonly key: string
  readonly count: number
}

/** The names that were counted most, the most first, and by name where they are equal. */
export function most(groups: Groups<{ count: number }>, limit: number): Counted[] {
  return groups
    .entries()
    .map(([key, { count }]) => ({ key, count }))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, limit)
}
