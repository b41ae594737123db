import { attempt, type AttemptParts, type KeptDelivery, openDelivery } from './attempt.js'
import { DELIVERY, type Target } from './delivery.js'
import { Pace } from './pace.js'

/** What a courier needs. */
export interface CourierParts extends Omit<AttemptParts, 'closing'> {
  /** Everybody who is told of events now. */
  readonly targets: () => Promise<readonly Target[]>
  /** Milliseconds between looks for what others wrote, and for what is due again. */
  readonly pollMs: number
  readonly onError: (error: unknown) => void
}

/** Under way at once, in all and to one target: a slow one does not hold up the others. */
const MOST = 32
const MOST_PER_TARGET = 4
const PAGE = 100
const MOST_PRUNED = 10_000
const HOUR_MS = 3_600_000

/** Delivers what is due, whoever wrote it down. Nothing of it is ever waited for by a decision. */
export class Courier {
  readonly #parts: CourierParts
  readonly #pace = new Pace()
  readonly #underWay = new Map<string, { readonly ref: string; readonly done: Promise<void> }>()
  #round: Promise<void> | undefined
  #again = false
  #prunedAt = 0
  readonly #closing = new AbortController()
  #stopTimer = (): void => undefined

  constructor(parts: CourierParts) {
    this.#parts = parts
    this.#schedule()
  }

  /** Looks for what is due, now. */
  wake(): void {
    if (this.#closing.signal.aborted) return
    this.#again = this.#round !== undefined
    this.#round ??= this.#look()
      .catch(this.#parts.onError)
      .finally(() => {
        this.#round = undefined
        if (this.#again) this.wake()
      })
  }

  /** One attempt, now. What became of it; nothing where somebody else is at it. */
  async attempt(target: Target, known: KeptDelivery): Promise<KeptDelivery | undefined> {
    const ended = await attempt({ ...this.#parts, closing: this.#closing.signal }, target, known)
    if (ended === undefined) return undefined
    if (ended.delivery.status === 'delivered') this.#pace.succeeded(target.ref)
    else this.#pace.failed(target.ref, this.#parts.clock.now())
    return ended
  }

  /** Begins nothing any more, and ends what is under way: it is due again. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#stopTimer()
    await this.#round
    await Promise.all([...this.#underWay.values()].map(({ done }) => done))
  }

  #schedule(): void {
    const { clock, pollMs } = this.#parts
    const look = (): void => {
      this.wake()
      if (!this.#closing.signal.aborted) this.#schedule()
    }
    this.#stopTimer = clock.after(pollMs, look, true)
  }

  async #look(): Promise<void> {
    await this.#prune()
    for (const target of await this.#parts.targets()) {
      const now = this.#parts.clock.now()
      if (this.#roomFor(target) < 1 || !this.#pace.mayTry(target.ref, now)) continue
      const due = await this.#parts.store.listDocuments(
        { kind: DELIVERY, ref: target.ref, dueAt: now, limit: PAGE },
        now,
      )
      // The oldest first.
      const waiting = due.toReversed().filter(({ id }) => !this.#underWay.has(id))
      for (const document of waiting.slice(0, Math.max(0, this.#roomFor(target)))) {
        this.#begin(target, openDelivery(document))
      }
    }
  }

  /** Lets go of what is over, now and then. */
  async #prune(): Promise<void> {
    const now = this.#parts.clock.now()
    if (now - this.#prunedAt < HOUR_MS) return
    this.#prunedAt = now
    await this.#parts.store.pruneDocuments({ kind: DELIVERY, expiredAt: now, limit: MOST_PRUNED })
  }

  #roomFor({ ref }: Target): number {
    const busy = [...this.#underWay.values()].filter(other => other.ref === ref).length
    return Math.min(MOST - this.#underWay.size, this.#pace.most(ref, MOST_PER_TARGET) - busy)
  }

  #begin(target: Target, known: KeptDelivery): void {
    const { id } = known.document
    const done = this.attempt(target, known)
      .then(() => undefined, this.#parts.onError)
      .finally(() => {
        this.#underWay.delete(id)
        this.wake()
      })
    this.#underWay.set(id, { ref: target.ref, done })
  }
}
