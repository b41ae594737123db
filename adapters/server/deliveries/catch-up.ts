import type { Clock, DocumentStore, StoredDocument } from 'countersign'
import { lastEntry } from '../audit/head.js'
import { newDelivery } from './attempt.js'
import { DELIVERY, deliveryId, type Target } from './delivery.js'
import type { StoredInput } from './stored-input.js'
import { type Happened, happenedIn, type Sources } from './told.js'

/** What catching up needs. */
export interface CatchUpParts {
  readonly store: DocumentStore
  readonly clock: Clock
  /** Everybody who is told of events now. */
  readonly targets: () => Promise<readonly Target[]>
  readonly input: StoredInput
  /** Whether there is an audit log, which says what has happened. */
  readonly isAudited: boolean
  /** Settles what has ended without anybody looking: what that changes is told as ever. */
  readonly settle: () => Promise<unknown>
  /** Something was written down. */
  readonly written: () => void
  readonly onError: (error: unknown) => void
}

/** Kind of the document that says how far the audit log has been gone through. */
const WATERMARK = 'delivery-watermark'
/** Milliseconds between two looks. */
const EVERY_MS = 30_000
/** What is younger may be about to be written down by the server that made it. */
const GRACE_MS = 30_000
const PAGE = 500

interface Watermark {
  readonly document: StoredDocument
  /** Of the last entry that was gone through. */
  readonly seq: number
}

/**
 * Writes down what a server that died had not: the audit log says what has happened, in the commit of it, and a delivery has the
 * same id whoever writes it. How far the log has been gone through is kept with what was written, for all servers on the store.
 */
export class CatchUp {
  readonly #parts: CatchUpParts
  #round: Promise<void> = Promise.resolve()
  #stopTimer = (): void => undefined
  #isClosed = false

  constructor(parts: CatchUpParts) {
    this.#parts = parts
  }

  /** Begins: with all that is there, and later with what is older than a while. */
  start(): void {
    this.#begin(0)
  }

  /** Ends once what is under way is written. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopTimer()
    await this.#round
  }

  #begin(grace: number): void {
    this.#round = this.#look(grace)
      .catch(this.#parts.onError)
      .finally(() => {
        if (!this.#isClosed) this.#stopTimer = this.#parts.clock.after(EVERY_MS, () => this.#begin(GRACE_MS), true)
      })
  }

  async #look(grace: number): Promise<void> {
    const { store, clock } = this.#parts
    const until = clock.now() - grace
    if ((await this.#parts.targets()).length > 0) await this.#parts.settle()
    if (!this.#parts.isAudited) return
    let mark = await this.#watermark()
    for (;;) {
      if (this.#isClosed) return
      const targets = await this.#parts.targets()
      if (targets.length === 0) {
        const seq = await lastEntry(store, mark.seq, ({ body }) => atOf(body) <= clock.now() - GRACE_MS)
        if (seq > mark.seq) await this.#advance(mark, seq, [])
        return
      }
      const entries = await store.readAudit({ after: mark.seq, limit: PAGE })
      const found = entries.map(entry => ({ seq: entry.seq, at: atOf(entry.body), happened: happenedIn(entry) }))
      const young = found.findIndex(({ at }) => at > until)
      const old = young < 0 ? found : found.slice(0, young)
      const last = old.at(-1)
      if (last === undefined) return
      const documents: StoredDocument[] = []
      for (const { happened } of old) if (happened) documents.push(...(await this.#missing(happened, targets)))
      const next = await this.#advance(mark, last.seq, documents)
      // Another server goes on from there.
      if (next === undefined) return
      if (documents.length > 0) this.#parts.written()
      if (young >= 0 || entries.length < PAGE) return
      mark = next
    }
  }

  /** Deliveries that nobody has written down. */
  async #missing(happened: Happened, targets: readonly Target[]): Promise<readonly StoredDocument[]> {
    const { store, clock } = this.#parts
    const { tenant } = happened
    const missing: { readonly target: Target; readonly id: string }[] = []
    for (const target of targets) {
      if (!target.hears(happened) || happened.at < (target.since ?? 0)) continue
      const id = deliveryId(target.ref, happened)
      const key = { kind: DELIVERY, id, ...(tenant === undefined ? {} : { tenant }) }
      if ((await store.getDocument(key, clock.now())) === undefined) missing.push({ target, id })
    }
    if (missing.length === 0) return []
    const news = await happened.news(this.#sources())
    if (news === undefined) return []
    return missing.flatMap(({ target, id }) => {
      const payload = target.payloadFor(news, id)
      if (payload === undefined) return []
      return [newDelivery({ id, ref: target.ref, tenant }, { event: news.event, payload }, clock.now()).document]
    })
  }

  #sources(): Sources {
    const { store, input } = this.#parts
    return { decision: async id => store.getDecision(id), approval: async id => store.getApproval(id), input }
  }

  /** What was written by somebody else meanwhile leaves the rest to the next look. */
  async #advance(
    { document }: Watermark,
    seq: number,
    documents: readonly StoredDocument[],
  ): Promise<Watermark | undefined> {
    const { store, clock } = this.#parts
    const next = { ...document, revision: document.revision + 1, body: JSON.stringify({ seq }) }
    const { committed } = await store.commit({ at: clock.now(), documents: [...documents, next] })
    return committed ? { document: next, seq } : undefined
  }

  /** Where nobody has gone through the log yet, it is begun at its end: who was not told then was told by nobody. */
  async #watermark(): Promise<Watermark> {
    const { store, clock } = this.#parts
    const known = await store.getDocument({ kind: WATERMARK, id: 'audit' }, clock.now())
    if (known !== undefined) return { document: known, seq: (JSON.parse(known.body ?? '') as { seq: number }).seq }
    const seq = await lastEntry(store, 0)
    const first = { kind: WATERMARK, id: 'audit', revision: 1, body: JSON.stringify({ seq }), at: clock.now() }
    const { committed } = await store.commit({ at: clock.now(), documents: [first] })
    return committed ? { document: first, seq } : this.#watermark()
  }
}

/** Of what an entry says; one that says none is as old as can be. */
function atOf(body: string): number {
  const { at } = JSON.parse(body) as { readonly at?: unknown }
  return typeof at === 'number' ? at : 0
}
