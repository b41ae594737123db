import type { DocumentFilter, DocumentKey, DocumentPruning, StoredDocument } from './document.js'
import { DocumentShelf, isLive } from './document-shelf.js'

/** So many are removed at once at most. */
const MOST = 10_000

/** Records that are no decisions, by kind. */
export class Documents {
  readonly #shelves = new Map<string, DocumentShelf>()

  get(key: DocumentKey, at: number): StoredDocument | undefined {
    const found = this.#shelves.get(key.kind)?.get(keyOf(key))
    return found !== undefined && isLive(found, at) ? found : undefined
  }

  /** Whether each follows on what is there, and on those that come before it among them. */
  follow(documents: readonly StoredDocument[], at: number): boolean {
    const seen = new Map<string, StoredDocument | undefined>()
    return documents.every(document => {
      const key = `${document.kind.length} ${document.kind}${keyOf(document)}`
      const before = seen.has(key) ? seen.get(key) : this.get(document, at)
      seen.set(key, document.body !== undefined && isLive(document, at) ? document : undefined)
      return document.revision === (before?.revision ?? 0) + 1
    })
  }

  /** Writes documents that follow, which are kept as they are. */
  put(documents: readonly StoredDocument[]): void {
    for (const document of documents) this.#putOne(document)
  }

  list({ before, ...filter }: DocumentFilter, at: number): StoredDocument[] {
    const last = before === undefined ? undefined : keyOf(before)
    return this.#shelves.get(filter.kind)?.list(filter, last, at) ?? []
  }

  prune({ kind, tenant, expiredAt, limit }: DocumentPruning): number {
    const most = Math.min(MOST, Math.floor(limit))
    let removed = 0
    for (const [name, shelf] of this.#shelves) {
      if (kind !== undefined && kind !== name) continue
      const isOver = (document: StoredDocument): boolean =>
        !isLive(document, expiredAt) && (tenant === undefined || tenant === (document.tenant ?? null))
      removed += shelf.removeWhere(isOver, most - removed)
    }
    return removed
  }

  #putOne(document: StoredDocument): void {
    const { kind } = document
    const key = keyOf(document)
    const shelf = this.#shelves.get(kind) ?? new DocumentShelf()
    this.#shelves.set(kind, shelf)
    const known = shelf.get(key)
    if (document.revision === 1 || document.body === undefined) shelf.remove(key)
    if (document.body === undefined) return
    const first = document.revision === 1 || known === undefined ? document.at : known.at
    shelf.set(key, Object.freeze({ ...document, at: first }))
  }
}

function keyOf({ id, tenant }: Pick<StoredDocument, 'id' | 'tenant'>): string {
  return JSON.stringify([tenant ?? null, id])
}
