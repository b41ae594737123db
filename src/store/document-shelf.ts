import type { DocumentFilter, StoredDocument } from './document.js'
import { admits, page } from './page.js'

interface Entry {
  readonly seq: number
  readonly document: StoredDocument
}

/** The documents of one kind, in order. */
export class DocumentShelf {
  readonly #entries = new Map<string, Entry>()
  /** By `at`, and then as they came. */
  #order: Entry[] = []
  #last = 0

  get(key: string): StoredDocument | undefined {
    return this.#entries.get(key)?.document
  }

  set(key: string, document: StoredDocument): void {
    const known = this.#entries.get(key)
    const entry = { seq: known?.seq ?? ++this.#last, document }
    this.#order.splice(this.#placeOf(entry), known === undefined ? 0 : 1, entry)
    this.#entries.set(key, entry)
  }

  remove(key: string): void {
    const known = this.#entries.get(key)
    if (known === undefined) return
    this.#order.splice(this.#placeOf(known), 1)
    this.#entries.delete(key)
  }

  /** Removes what matches, `limit` at most. How many it were. */
  removeWhere(matches: (document: StoredDocument) => boolean, limit: number): number {
    let removed = 0
    for (const [key, { document }] of this.#entries) {
      // Written so that what is not a number removes nothing.
      if (!(removed < limit)) break
      if (!matches(document)) continue
      this.#entries.delete(key)
      removed++
    }
    // One by one, each would move all that come after it.
    if (removed > 0) this.#order = [...this.#entries.values()].toSorted(inOrder)
    return removed
  }

  /** Before a document that is not there, there is nothing. */
  list(filter: Omit<DocumentFilter, 'before'>, before: string | undefined, at: number): StoredDocument[] {
    const { tenant, ref, dueAt, limit } = filter
    const last = before === undefined ? undefined : this.#entries.get(before)
    if (before !== undefined && last === undefined) return []
    const matches = (document: StoredDocument): boolean =>
      admits(tenant, document.tenant) &&
      admits(ref, document.ref) &&
      (dueAt === undefined || (document.due !== undefined && document.due <= dueAt)) &&
      isLive(document, at)
    const from = last === undefined ? this.#order.length : this.#placeOf(last)
    return page(this.#newestFirst(from), limit === undefined ? {} : { limit }, ({ id }) => id, matches)
  }

  *#newestFirst(from: number): Generator<StoredDocument, void, undefined> {
    for (let index = from - 1; index >= 0; index--) {
      const entry = this.#order[index]
      if (entry !== undefined) yield entry.document
    }
  }

  /** Where an entry is, or would have to be. */
  #placeOf(entry: Entry): number {
    let low = 0
    let high = this.#order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#order[middle]
      if (other !== undefined && inOrder(other, entry) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Whether a document has not expired. */
export function isLive({ expiresAt }: StoredDocument, at: number): boolean {
  return expiresAt === undefined || expiresAt > at
}

function inOrder(a: Entry, b: Entry): number {
  return a.document.at - b.document.at || a.seq - b.seq
}
