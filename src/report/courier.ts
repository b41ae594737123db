import { type Clock, forget, soon } from '../ambient.js'
import { inTime } from '../enforce/deadline.js'
import type { ReportChannel } from '../evaluate/report-channel.js'
import { isServiceError } from '../service/errors.js'
import type { ClaimedItem, OutboxItem, OutboxSettlement, Store } from '../store/store.js'
import type { EventBody } from './events.js'

/** Where reports wait. */
export type ReportStore = Pick<Store, 'claimOutbox' | 'settleOutbox' | 'countOutbox'>

/** What a courier needs. */
export interface CourierParts {
  readonly channel: ReportChannel
  readonly store: ReportStore
  /** In this process: for what the store does not take. */
  readonly overflow: ReportStore & {
    /** Returns how many had to go for them. */
    readonly add: (items: readonly OutboxItem[]) => number
    readonly drop: (decisionId: string) => void
  }
  readonly clock: Clock
  /** Told of what could not be delivered. */
  readonly tell: (body: EventBody) => void
}

/** What became of reports since a governor was made. */
export interface ReportStatus {
  /** Reports that are still to be delivered, those of other governors with the same destination included. */
  readonly waiting: number
  readonly delivered: number
  /** Deliveries that failed, and were or will be tried again. */
  readonly failed: number
  /** Reports that were refused for good, too old, or too many for this process to keep. */
  readonly dropped: number
}

/** Milliseconds after which whoever claimed reports is taken for dead, and a store that does not answer is not waited for. */
const LEASE_MS = 30_000
/** Milliseconds between looks for what others left behind. */
const LOOK_MS = 30_000
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 60_000
/** Milliseconds after which a report is of no use any more. */
const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000

const CLOSED = new Error('the governor is closed')

/**
 * Delivers what a store holds for a channel, in batches, in the background, at least once. Never waited for by a call, and
 * never throws: what goes wrong is counted and told.
 */
export class Courier {
  readonly #parts: CourierParts
  readonly #closing = new AbortController()
  readonly #counts = { delivered: 0, failed: 0, dropped: 0 }
  #pending = 0
  #stop = (): void => undefined
  #dueAt = Number.POSITIVE_INFINITY
  /** When what could not be delivered is to be tried again, the soonest of it. */
  #retryAt = Number.POSITIVE_INFINITY
  #draining: Promise<void> | undefined

  constructor(parts: CourierParts) {
    this.#parts = parts
    this.#wakeIn(parts.channel.flushMs)
  }

  /** So many more reports are in the store. */
  nudge(count: number): void {
    const { batchSize, flushMs } = this.#parts.channel
    this.#pending += count
    if (this.#pending >= batchSize) this.#wakeIn(0)
    else this.#wakeIn(flushMs)
  }

  /** Keeps what the store did not take. */
  keep(items: readonly OutboxItem[]): void {
    const gone = this.#parts.overflow.add(items)
    this.#dropped('overflow', gone, new Error('too many reports wait in this process'))
    this.nudge(items.length)
  }

  /** What is about a decision, and waits in this process, is not told any more; what is in the store is the store's. */
  forget(decisionId: string): void {
    this.#parts.overflow.drop(decisionId)
  }

  /** A report could not even be written. */
  lost(kind: string, error: unknown): void {
    this.#dropped(kind, 1, error)
  }

  /** @throws what the store throws */
  async status(): Promise<ReportStatus> {
    const { channel, store, overflow } = this.#parts
    const destination = await channel.destination()
    const waiting = (await store.countOutbox(destination)) + (await overflow.countOutbox(destination))
    return { waiting, ...this.#counts }
  }

  /** Delivers what is due now. Rejects never. */
  async flush(): Promise<void> {
    await this.#draining
    await this.#drain()
  }

  /** Delivers what is left, for as long as the channel allows; what is in the store then stays there. */
  async close(): Promise<void> {
    const { channel, clock } = this.#parts
    const over = Promise.withResolvers<void>()
    const cancel = clock.after(channel.closeMs, () => {
      this.#closing.abort(CLOSED)
      // What this breaks off is handed back to the store, which is closed after it; a store that hangs is not waited for.
      soon(over.resolve)
    })
    await Promise.race([this.flush(), over.promise])
    cancel()
    this.#closing.abort(CLOSED)
    this.#stop()
  }

  #wakeIn(ms: number): void {
    const dueAt = this.#parts.clock.now() + ms
    if (dueAt >= this.#dueAt || this.#closing.signal.aborted) return
    this.#stop()
    this.#dueAt = dueAt
    const wake = (): void => {
      // What is being delivered just now may have been claimed before what this is about was there.
      this.#dueAt = Number.POSITIVE_INFINITY
      forget(this.flush())
    }
    this.#stop = this.#parts.clock.after(ms, wake, true)
  }

  #drain(): Promise<void> {
    this.#draining ??= this.#deliverAll().finally(() => {
      this.#draining = undefined
    })
    return this.#draining
  }

  async #deliverAll(): Promise<void> {
    const { overflow, store, clock } = this.#parts
    this.#stop()
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#pending = 0
    if (this.#retryAt <= clock.now()) this.#retryAt = Number.POSITIVE_INFINITY
    await this.#deliverFrom(overflow)
    await this.#deliverFrom(store)
    this.#wakeIn(Math.min(LOOK_MS, this.#retryAt - clock.now()))
  }

  /** All that is due, or up to what could not be delivered: what comes after it would hardly fare better. */
  async #deliverFrom(store: ReportStore): Promise<void> {
    let isTaken = true
    while (isTaken && !this.#closing.signal.aborted) {
      const items = await this.#claim(store)
      if (items.length === 0) return
      // What was tried together is tried together again: to the service it is the same request then.
      const batches = Map.groupBy(items, ({ kind, attempts }) => `${attempts} ${kind}`)
      for (const some of batches.values()) isTaken = (await this.#deliver(store, some[0]?.kind ?? '', some)) && isTaken
    }
  }

  async #claim(store: ReportStore): Promise<readonly ClaimedItem[]> {
    const { channel, clock } = this.#parts
    try {
      const at = clock.now()
      const destination = await channel.destination()
      const claim = { destination, at, until: at + LEASE_MS, limit: channel.batchSize }
      return await inTime(store.claimOutbox(claim), LEASE_MS, clock)
    } catch (error) {
      this.#tell('outbox', 0, false, error)
      return []
    }
  }

  /** @returns whether it could be delivered */
  async #deliver(store: ReportStore, kind: string, items: readonly ClaimedItem[]): Promise<boolean> {
    const { channel } = this.#parts
    try {
      const refused = await channel.deliver(kind, items, { signal: this.#closing.signal })
      this.#counts.delivered += items.length - refused.length
      this.#dropped(kind, refused.length, refused[0]?.error)
      await this.#settle(store, kind, { done: items.map(idOf) })
      return true
    } catch (error) {
      this.#counts.failed++
      await this.#postpone(store, kind, items, error)
      return false
    }
  }

  async #postpone(store: ReportStore, kind: string, items: readonly ClaimedItem[], error: unknown): Promise<void> {
    const now = this.#parts.clock.now()
    const done = items.filter(({ at }) => now - at > MAX_AGE_MS).map(idOf)
    const later = items.filter(({ id }) => !done.includes(id))
    this.#dropped(kind, done.length, error)
    if (later.length > 0) this.#tell(kind, later.length, false, error)
    const attempts = Math.max(1, ...later.map(item => item.attempts))
    const asked = isServiceError(error) ? (error.retryAfterMs ?? 0) : 0
    const retryMs = Math.max(asked, Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)))
    const due = now + retryMs
    if (later.length > 0) this.#retryAt = Math.min(this.#retryAt, due)
    await this.#settle(store, kind, { done, later: later.map(({ id }) => ({ id, due })) })
  }

  /** What is not settled is delivered once more: that is what its id is for. */
  async #settle(store: ReportStore, kind: string, settlement: OutboxSettlement): Promise<void> {
    try {
      await inTime(store.settleOutbox(settlement), LEASE_MS, this.#parts.clock)
    } catch (error) {
      this.#tell(kind, settlement.done.length, false, error)
    }
  }

  #dropped(kind: string, count: number, error: unknown): void {
    if (count === 0) return
    this.#counts.dropped += count
    this.#tell(kind, count, true, error)
  }

  #tell(kind: string, count: number, dropped: boolean, error: unknown): void {
    this.#parts.tell({ type: 'report-failed', kind, count, dropped, error })
  }
}

function idOf({ id }: ClaimedItem): string {
  return id
}
