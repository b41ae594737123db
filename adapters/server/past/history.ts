import type { Approval, Awaitable, Clock, DecisionRecord, DocumentStore } from 'countersign'
import { nextTurn } from '../../../src/ambient.js'
import { labelOf, type OutcomeMeanings } from '../../../src/learn/insight/label.js'
import type { InsightListing } from '../../../src/learn/insight/walk.js'
import { lastEntry } from '../audit/head.js'
import { isPastWanted, type Past, type PastFilter, slim } from './past.js'
import { Shared } from './shared.js'

/** What a history is read from. */
export interface HistoryParts {
  readonly store: Pick<DocumentStore, 'listDecisions' | 'getDecision' | 'getApproval' | 'readAudit'>
  readonly clock: Clock
  /** What words of outcomes mean. */
  readonly meanings: OutcomeMeanings
  /** Whether there is an audit log, which says of what is known that it has changed. Without it everything is read anew. */
  readonly isAudited: boolean
  /** Decisions that are known at most, of all tenants together: the newest. @defaultValue 100_000, which take about 100 MB */
  readonly most?: number
}

const MOST = 100_000
const PAGE = 1000
/** Entries of the log after which it is cheaper to read everything anew. */
const FAR_BEHIND = 20_000

/**
 * What became of decisions, kept in memory and brought up to date before it is looked at: newer decisions are listed until one is
 * known, and the audit log names those that have changed. What was looked at an hour ago so costs what has happened since.
 */
export class History {
  readonly #parts: HistoryParts
  /** Oldest first. */
  #all: Past[] = []
  #places = new Map<string, number>()
  /** The last entry of the log that is known. */
  #seq = 0
  /** Whether there are older decisions than those that are known. */
  #isCut = false
  #refreshing: Promise<void> | undefined
  readonly #shared = new Shared()

  constructor(parts: HistoryParts) {
    this.#parts = parts
  }

  /**
   * Decisions, newest first, in pages; of more than 100,000 the newest.
   *
   * @param before the id of a decision that is passed over, with all that are newer; where it is not known, there are none
   */
  async *pages(filter: PastFilter = {}, before?: string): AsyncGenerator<readonly Past[], void, undefined> {
    await this.#refresh()
    const all = this.#all
    for (let end = this.#placeOf(before); end > 0; end -= PAGE) {
      const page = all.slice(Math.max(0, end - PAGE), end).filter(({ record }) => isPastWanted(record, filter))
      yield page.toReversed()
      await nextTurn()
    }
  }

  /** As a store lists them. The beginning of a listing is up to date, its pages go on from there. */
  async listDecisions(filter: InsightListing): Promise<readonly DecisionRecord[]> {
    const { before, limit = 100 } = filter
    if (before === undefined) await this.#refresh()
    const last = this.#placeOf(before)
    const found: DecisionRecord[] = []
    for (let place = last - 1; place >= 0 && found.length < limit; place--) {
      const record = this.#all[place]?.record
      if (record !== undefined && isPastWanted(record, filter)) found.push(record)
    }
    return found
  }

  getApproval(id: string): Awaitable<Approval | undefined> {
    return this.#parts.store.getApproval(id)
  }

  /** Whether older decisions were left out. */
  get isCut(): boolean {
    return this.#isCut
  }

  /** Whether decisions from `since` on were left out, of whatever tenant. */
  leavesOut(since = 0): boolean {
    return this.#isCut && (this.#all[0]?.record.at ?? Infinity) >= since
  }

  /** Whether it was read: a first look takes as long as reading everything does. */
  get isRead(): boolean {
    return this.#all.length > 0
  }

  /** Whether a decision was in it at the last look. */
  has(id: string): boolean {
    return this.#places.has(id)
  }

  /** The id of the oldest decision that is known, as of the last look. */
  get oldest(): string | undefined {
    return this.#all[0]?.record.id
  }

  /** Where those end that are older. */
  #placeOf(before: string | undefined): number {
    return before === undefined ? this.#all.length : (this.#places.get(before) ?? 0)
  }

  /** Whoever asks while it is brought up to date may ask about what came after it began: it is done once more. */
  async #refresh(): Promise<void> {
    const under = this.#refreshing
    if (under !== undefined) await under.catch(() => undefined)
    this.#refreshing ??= this.#update().finally(() => {
      this.#refreshing = undefined
    })
    await this.#refreshing
  }

  async #update(): Promise<void> {
    const { store, isAudited } = this.#parts
    const oldest = this.#all[0]?.record.id
    if (!isAudited || oldest === undefined || (await store.getDecision(oldest)) === undefined) return this.#readAll()
    const head = await lastEntry(store, this.#seq)
    if (head - this.#seq > FAR_BEHIND) return this.#readAll()
    if (!(await this.#readNew())) return this.#readAll()
    await this.#readChanged()
  }

  /** What changes while it is read is in the log after the place that was the last one before. */
  async #readAll(): Promise<void> {
    const { store, isAudited, most = MOST } = this.#parts
    const seq = isAudited ? await lastEntry(store, this.#seq) : 0
    const found: Past[] = []
    let [before, more]: [string | undefined, boolean] = [undefined, true]
    while (more && found.length < most) {
      const page = await store.listDecisions({ limit: PAGE, ...(before === undefined ? {} : { before }) })
      found.push(...(await Promise.all(page.map(record => this.#past(record)))))
      more = page.length === PAGE
      before = page.at(-1)?.id
    }
    this.#isCut = more && before !== undefined && (await store.listDecisions({ limit: 1, before })).length > 0
    this.#replace(found.toReversed())
    this.#seq = seq
  }

  /** Whether the last one that is known was found: where not, it was forgotten. */
  async #readNew(): Promise<boolean> {
    const { store, most = MOST } = this.#parts
    const found: DecisionRecord[] = []
    let before: string | undefined
    for (let limit = 100; found.length < FAR_BEHIND; limit = PAGE) {
      const page = await store.listDecisions({ limit, ...(before === undefined ? {} : { before }) })
      found.push(...page.filter(({ id }) => !this.#places.has(id)))
      // Of two that are written at once, the later one may be seen first.
      if (this.#places.has(page.at(-1)?.id ?? '')) {
        const added = await Promise.all(found.toReversed().map(record => this.#past(record)))
        this.#append(added)
        if (this.#all.length > most + PAGE) {
          this.#isCut = true
          this.#replace(this.#all.slice(-most))
        }
        return true
      }
      if (page.length < limit) return false
      before = page.at(-1)?.id
    }
    return false
  }

  async #readChanged(): Promise<void> {
    const { store } = this.#parts
    let seq = this.#seq
    const changed = new Set<string>()
    for (;;) {
      const entries = await store.readAudit({ after: seq, limit: PAGE })
      for (const { decisionId } of entries)
        if (decisionId !== undefined && this.#places.has(decisionId)) changed.add(decisionId)
      seq = entries.at(-1)?.seq ?? seq
      if (entries.length < PAGE) break
    }
    for (const id of changed) {
      const place = this.#places.get(id)
      const record = await store.getDecision(id)
      if (record !== undefined && place !== undefined) this.#all[place] = await this.#past(record)
    }
    this.#seq = seq
  }

  async #past(record: DecisionRecord): Promise<Past> {
    const { store, meanings } = this.#parts
    const approval = record.approvalId === undefined ? undefined : await store.getApproval(record.approvalId)
    return { record: slim(record, this.#shared), label: labelOf(record, approval, meanings) }
  }

  #replace(all: Past[]): void {
    this.#all = all
    this.#places = new Map(all.map(({ record }, place) => [record.id, place]))
  }

  #append(added: readonly Past[]): void {
    for (const past of added) this.#places.set(past.record.id, this.#all.push(past) - 1)
  }
}
