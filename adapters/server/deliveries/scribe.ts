import type { Clock, DocumentStore } from 'countersign'
import { newDelivery } from './attempt.js'
import { deliveryId, type Target } from './delivery.js'
import type { Announcement } from './news.js'

/** What a scribe needs. */
export interface ScribeParts {
  readonly store: DocumentStore
  readonly clock: Clock
  readonly targets: () => Promise<readonly Target[]>
  /** Something was written down. */
  readonly written: () => void
  readonly onError: (error: unknown) => void
}

/** What is to be told, found out when it is its turn; nothing, where it is no news. */
export type Finding = () => Promise<Announcement | undefined>

const MOST_WAITING = 10_000
const PER_COMMIT = 100
/** Milliseconds after which a store that failed is tried again. */
const AGAIN_MS = 1000

/** Writes down what is to be delivered, apart from the call that made the news. */
export class Scribe {
  readonly #parts: ScribeParts
  #waiting: Finding[] = []
  #writing: Promise<void> | undefined
  #dropped = 0
  #stopTimer = (): void => undefined

  constructor(parts: ScribeParts) {
    this.#parts = parts
  }

  /** Notes something. It never waits, and never throws. */
  note(finding: Finding): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#dropped++
      return
    }
    this.#waiting.push(finding)
    this.#begin()
  }

  /** Once everything that was noted is written down, or cannot be. */
  async close(): Promise<void> {
    this.#stopTimer()
    await this.#writing
    if (this.#waiting.length > 0) await this.#write()
    this.#stopTimer()
  }

  async #write(): Promise<void> {
    // Whatever else the same turn of the event loop notes is written with it.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, PER_COMMIT)
      try {
        await this.#writeBatch(batch)
      } catch (error) {
        this.#parts.onError(error)
        this.#stopTimer = this.#parts.clock.after(AGAIN_MS, () => this.#begin(), true)
        return
      }
      this.#waiting.splice(0, batch.length)
      if (this.#dropped > 0) this.#parts.onError(new Error(`${this.#dropped} events were not told: too many at once`))
      this.#dropped = 0
    }
  }

  #begin(): void {
    this.#stopTimer()
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  async #writeBatch(batch: readonly Finding[]): Promise<void> {
    const { store, clock, written } = this.#parts
    const targets = await this.#parts.targets()
    if (targets.length === 0) return
    const news = (await Promise.all(batch.map(finding => finding()))).flatMap(item => item ?? [])
    const at = clock.now()
    const documents = targets.flatMap(target =>
      news.flatMap(item => {
        const id = deliveryId(target.ref, item)
        const payload = target.payloadFor(item, id)
        if (payload === undefined) return []
        const of = { id, ref: target.ref, tenant: item.tenant }
        return newDelivery(of, { event: item.event, payload }, at).document
      }),
    )
    if (documents.length === 0) return
    const { committed } = await store.commit({ at, documents })
    // One of them was written by somebody else: the others are still to be told.
    if (!committed) for (const document of documents) await store.commit({ at, documents: [document] })
    written()
  }
}
