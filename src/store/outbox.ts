import type { ClaimedItem, OutboxClaim, OutboxItem, OutboxSettlement } from './store.js'

/** A claim takes this many at most. */
const MOST = 1000
/** Fewer items that are gone than this are not worth moving the others together. */
const WORTH_COMPACTING = 64

interface Entry {
  readonly item: OutboxItem
  due: number
  attempts: number
  isGone: boolean
}

/** What others are to be told, in the order in which it came. */
export class Outbox {
  readonly #size: number
  readonly #entries = new Map<string, Entry>()
  /** From `#first` on, with some among them that are gone: asking the map for its first key after many deletions is slow. */
  #order: Entry[] = []
  #first = 0

  /** Keeps the `size` items that came last of those that are still to be told. */
  constructor(size: number) {
    this.#size = size
  }

  /** The first id that is there already, or comes twice. */
  clash(items: readonly OutboxItem[]): string | undefined {
    const ids = new Set<string>()
    return items.find(({ id }) => this.#entries.has(id) || ids.size === ids.add(id).size)?.id
  }

  /** Adds items of new ids, which are kept as they are. Returns how many had to go for them. */
  add(items: readonly OutboxItem[]): number {
    const most = this.#entries.size + items.length
    for (const item of items) {
      const entry = { item, due: item.at, attempts: 0, isGone: false }
      this.#entries.set(item.id, entry)
      this.#order.push(entry)
      if (this.#entries.size > this.#size) this.#removeOldest()
    }
    return most - this.#entries.size
  }

  claim({ destination, at, until, limit }: OutboxClaim): ClaimedItem[] {
    const claimed: ClaimedItem[] = []
    const size = Math.min(MOST, Math.floor(limit))
    for (let index = this.#first; index < this.#order.length && claimed.length < size; index++) {
      const entry = this.#order[index]
      if (entry === undefined || entry.isGone || entry.item.destination !== destination || !(entry.due <= at)) continue
      entry.due = until
      entry.attempts++
      claimed.push({ ...entry.item, attempts: entry.attempts })
    }
    return claimed
  }

  settle({ done, later = [] }: OutboxSettlement): void {
    for (const id of done) this.#remove(this.#entries.get(id))
    for (const { id, due } of later) {
      const entry = this.#entries.get(id)
      if (entry !== undefined) entry.due = due
    }
  }

  count(destination: string): number {
    let count = 0
    for (const { item } of this.#entries.values()) if (item.destination === destination) count++
    return count
  }

  /** Drops what is about a decision. */
  drop(decisionId: string): void {
    for (const entry of this.#entries.values()) if (entry.item.decisionId === decisionId) this.#remove(entry)
  }

  #removeOldest(): void {
    while (this.#order[this.#first]?.isGone === true) this.#first++
    this.#remove(this.#order[this.#first])
  }

  #remove(entry: Entry | undefined): void {
    if (entry === undefined) return
    this.#entries.delete(entry.item.id)
    entry.isGone = true
    if (this.#order.length < 2 * this.#entries.size + WORTH_COMPACTING) return
    this.#order = this.#order.filter(({ isGone }) => !isGone)
    this.#first = 0
  }
}
