import type { Approval, Awaitable, Clock, Decision, DecisionRecord, DocumentStore, Outcome } from 'countersign'
import { type Label, labelOf, type OutcomeMeanings } from '../../src/learn/insight/label.js'
import type { InsightListing } from '../../src/learn/insight/walk.js'
import { lastEntry } from './audit/head.js'

/** What a history is read from. */
export interface HistoryParts {
  readonly store: Pick<DocumentStore, 'listDecisions' | 'getDecision' | 'getApproval' | 'readAudit'>
  readonly clock: Clock
  /** What words of outcomes mean. */
  readonly meanings: OutcomeMeanings
  /** Whether there is an audit log, which says of what is known that it has changed. Without it everything is read anew. */
  readonly isAudited: boolean
}

/** A decision as figures need it: without metadata but for its `external_ref`, what was learnt of its values, and the words of its outcomes. */
export interface Past {
  readonly record: DecisionRecord
  /** What it turned out to be; nothing where nobody said. */
  readonly label: Label | undefined
}

/** Whose decisions, and which. */
export interface PastFilter {
  /** `null`: only what belongs to no tenant. @defaultValue all tenants' */
  readonly tenant?: string | null | undefined
  readonly tool?: string | undefined
  readonly actor?: string | undefined
}

/** Decisions that are known at most, of all tenants together: the newest. About 100 MB. */
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

  constructor(parts: HistoryParts) {
    this.#parts = parts
  }

  /** Decisions, newest first, in pages; of more than 100,000 the newest. */
  async *pages(filter: PastFilter = {}): AsyncGenerator<readonly Past[], void, undefined> {
    await this.#refresh()
    const all = this.#all
    for (let end = all.length; end > 0; end -= PAGE) {
      const page = all.slice(Math.max(0, end - PAGE), end).filter(({ record }) => isWanted(record, filter))
      yield page.toReversed()
      // Calls go on in between.
      await new Promise<void>(resolve => {
        setImmediate(resolve)
      })
    }
  }

  /** As a store lists them. The beginning of a listing is up to date, its pages go on from there. */
  async listDecisions(filter: InsightListing): Promise<readonly DecisionRecord[]> {
    const { before, since = -Infinity, result, limit = 100 } = filter
    if (before === undefined) await this.#refresh()
    const last = before === undefined ? this.#all.length : (this.#places.get(before) ?? 0)
    const found: DecisionRecord[] = []
    for (let place = last - 1; place >= 0 && found.length < limit; place--) {
      const record = this.#all[place]?.record
      if (record === undefined || record.at < since) continue
      if (result !== undefined && record.result !== result) continue
      if (isWanted(record, filter)) found.push(record)
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
    const { store, isAudited } = this.#parts
    const seq = isAudited ? await lastEntry(store, this.#seq) : 0
    const found: Past[] = []
    let [before, more]: [string | undefined, boolean] = [undefined, true]
    while (more && found.length < MOST) {
      const page = await store.listDecisions({ limit: PAGE, ...(before === undefined ? {} : { before }) })
      found.push(...(await Promise.all(page.map(record => this.#past(record)))))
      more = page.length === PAGE
      before = page.at(-1)?.id
    }
    this.#isCut = more
    this.#replace(found.toReversed())
    this.#seq = seq
  }

  /** Whether the last one that is known was found: where not, it was forgotten. */
  async #readNew(): Promise<boolean> {
    const { store } = this.#parts
    const found: DecisionRecord[] = []
    let before: string | undefined
    for (let limit = 100; found.length < FAR_BEHIND; limit = PAGE) {
      const page = await store.listDecisions({ limit, ...(before === undefined ? {} : { before }) })
      found.push(...page.filter(({ id }) => !this.#places.has(id)))
      // Of two that are written at once, the later one may be seen first.
      if (this.#places.has(page.at(-1)?.id ?? '')) {
        const added = await Promise.all(found.toReversed().map(record => this.#past(record)))
        this.#append(added)
        if (this.#all.length > MOST + PAGE) {
          this.#isCut = true
          this.#replace(this.#all.slice(-MOST))
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
    return { record: slim(record), label: labelOf(record, approval, meanings) }
  }

  #replace(all: Past[]): void {
    this.#all = all
    this.#places = new Map(all.map(({ record }, place) => [record.id, place]))
  }

  #append(added: readonly Past[]): void {
    for (const past of added) this.#places.set(past.record.id, this.#all.push(past) - 1)
  }
}

function isWanted(record: DecisionRecord, { tenant, tool, actor }: PastFilter): boolean {
  return (
    (tenant === undefined || (record.tenant ?? null) === tenant) &&
    (tool === undefined || record.tool === tool) &&
    (actor === undefined || record.actor === actor)
  )
}

/** Without what no figure is made of. */
function slim(record: DecisionRecord): DecisionRecord {
  const { metadata, service: _service, learned, outcomes, ...rest } = record
  const ref = metadata?.['external_ref']
  const called = typeof ref === 'string' ? { metadata: { external_ref: ref } } : {}
  const kept = { ...rest, ...called, outcomes: outcomes.map(withoutWords) }
  return learned === undefined ? kept : { ...kept, learned: withoutView(learned) }
}

function withoutView({ view: _view, precedents: _precedents, ...learned }: NonNullable<Decision['learned']>) {
  return learned
}

function withoutWords({ description: _description, details: _details, actualImpact: _impact, ...outcome }: Outcome) {
  return outcome
}
