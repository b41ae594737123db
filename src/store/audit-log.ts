import { chain, forget, isPromiseLike } from '../ambient.js'
import { type AuditBatch, type AuditDraft, type AuditEntry, GENESIS, type Seal, sealedText } from '../audit-entry.js'
import type { Awaitable } from '../types.js'
import { admits, pageSize } from './page.js'
import type { AuditRange } from './store.js'

/** A draft until it is chained: a seal may take its time, and whoever appends does not wait for it. */
interface Slot {
  draft: AuditDraft
  readonly seal: Seal
  chained?: { readonly previous: string; readonly hash: string }
}

/** An audit log in memory. Its entries are chained when somebody reads them. */
export class AuditLog {
  readonly #size: number
  /** The entries after number `#base`. */
  #slots: Slot[] = []
  #base = 0
  /** Numbers of the last entry, of the last that is forgotten, and of the last that is chained. */
  #last = 0
  #forgotten = 0
  #chained = 0
  #head = GENESIS
  #chaining: Promise<void> | undefined

  /** Keeps the `size` entries that came last. */
  constructor(size: number) {
    this.#size = size
  }

  append({ entries, seal }: AuditBatch): void {
    for (const draft of entries) this.#slots.push({ draft: { ...draft }, seal })
    this.#last += entries.length
    const over = this.#last - this.#size
    if (over > this.#forgotten) this.#forget(over)
  }

  /** Waits where a seal has to be waited for. */
  read({ after = 0, decisionId, limit }: AuditRange): Awaitable<readonly AuditEntry[]> {
    return chain(this.#chainTo(this.#last), () => {
      const found: AuditEntry[] = []
      const size = pageSize(limit, 1000, 10_000)
      for (let seq = Math.max(after, this.#forgotten) + 1; seq <= this.#chained && found.length < size; seq++) {
        const { draft, chained } = this.#slot(seq)
        if (chained !== undefined && admits(decisionId, draft.decisionId)) found.push({ seq, ...draft, ...chained })
      }
      return found
    })
  }

  /** Replaces the personal fields of a decision's entries. */
  erase(decisionId: string, erased: (personal: string) => string | undefined): void {
    for (const slot of this.#slots) {
      const { personal, ...rest } = slot.draft
      if (rest.decisionId !== decisionId || personal === undefined) continue
      const left = erased(personal)
      slot.draft = left === undefined ? rest : { ...rest, personal: left }
    }
  }

  #slot(seq: number): Slot {
    const slot = this.#slots[seq - 1 - this.#base]
    if (slot === undefined) throw new RangeError(`The audit log has no entry ${seq}.`)
    return slot
  }

  /** What comes after an entry is chained to it: only a chained one can go. */
  #forget(until: number): void {
    try {
      const chaining = this.#chainTo(until)
      if (isPromiseLike(chaining)) forget(chaining)
    } catch {
      // A seal that fails is told to whoever reads.
    }
    this.#forgotten = Math.min(until, this.#chained)
    const gone = this.#forgotten - this.#base
    if (gone * 2 <= this.#slots.length) return
    this.#slots = this.#slots.slice(gone)
    this.#base = this.#forgotten
  }

  #chainTo(seq: number): Awaitable<void> {
    while (this.#chained < seq) {
      if (this.#chaining !== undefined) return this.#chaining.then(() => this.#chainTo(seq))
      const hash = this.#sealNext()
      if (isPromiseLike(hash)) this.#chaining = this.#chainSlowly(hash)
      else this.#link(hash)
    }
  }

  async #chainSlowly(first: PromiseLike<string>): Promise<void> {
    const until = this.#last
    try {
      this.#link(await first)
      while (this.#chained < until) this.#link(await this.#sealNext())
    } finally {
      this.#chaining = undefined
    }
  }

  #sealNext(): Awaitable<string> {
    const { draft, seal } = this.#slot(this.#chained + 1)
    return seal(sealedText(this.#head, this.#chained + 1, draft.body))
  }

  #link(hash: string): void {
    const slot = this.#slot(this.#chained + 1)
    slot.chained = { previous: this.#head, hash }
    this.#head = hash
    this.#chained++
  }
}
