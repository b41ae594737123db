import { Ring } from './ring.js'

/** Records that are replaced by compare-and-swap of their revision, in the order in which their ids first came. */
export class RevisionMap<RECORD extends { readonly revision: number }> {
  readonly #records = new Map<string, RECORD>()
  readonly #settled: Ring<{ readonly id: string; readonly revision: number }>
  readonly #isSettled: (record: RECORD) => boolean

  /** Keeps all records but those that settled before the last `size` that did. */
  constructor(size: number, isSettled: (record: RECORD) => boolean) {
    this.#settled = new Ring(size)
    this.#isSettled = isSettled
  }

  get(id: string): RECORD | undefined {
    return this.#records.get(id)
  }

  /** Whether a record follows on what is there: as the first of its id, or as the next revision. */
  follows(id: string, { revision }: RECORD): boolean {
    return revision === (this.#records.get(id)?.revision ?? 0) + 1
  }

  /** Puts a record in its place, and gives back the settled one that is forgotten for it. */
  set(id: string, record: RECORD): RECORD | undefined {
    this.#records.set(id, record)
    if (!this.#isSettled(record)) return undefined
    const oldest = this.#settled.push({ id, revision: record.revision })
    if (oldest === undefined) return undefined
    const forgotten = this.#records.get(oldest.id)
    // It may have gone on since: then it settles again, or not.
    if (forgotten?.revision !== oldest.revision) return undefined
    this.#records.delete(oldest.id)
    return forgotten
  }

  /** Puts another form of a record in its place. */
  replace(id: string, record: RECORD): void {
    if (this.#records.has(id)) this.#records.set(id, record)
  }

  newestFirst(): readonly RECORD[] {
    return [...this.#records.values()].toReversed()
  }
}
