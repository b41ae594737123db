import { type Clock, forget } from '../ambient.js'
import type { RefusedReport, ReportChannel } from '../evaluate/report-channel.js'
import type { ClaimedItem, OutboxItem, OutboxSettlement, Store } from '../store/store.js'
import type { EventBody } from './events.js'

/** Where reports wait. */
export type ReportStore = Pick<Store, 'claimOutbox' | 'settleOutbox' | 'countOutbox'>

/** What a courier needs. */
export interface CourierParts {
  readonly channel: ReportChannel
  readonly store: ReportStore
  /** In this process: for what the store does not take. */
  readonly overflow: ReportStore & { readonly add: (items: readonly OutboxItem[]) => void }
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
  /** Reports that were refused for good, or too old. */
  readonly dropped: number
}

/** Milliseconds after which whoever claimed reports is taken for dead. */
const LEASE_MS = 30_000
/** Milliseconds between looks for what others left behind. */
const LOOK_MS = 30_000
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 60_000
/** Milliseconds after which a report is of no use any more. */
const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000

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
    this.#parts.overflow.add(items)
    this.nudge(items.length)
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
    const cancel = clock.after(channel.closeMs, () => {
      this.#closing.abort(new Error('the governor is closed'))
    })
    await this.flush()
    cancel()
    this.#closing.abort(new Error('the governor is closed'))
    this.#stop()
  }

  #wakeIn(ms: number): void {
    const dueAt = this.#parts.clock.now() + ms
    if (dueAt >= this.#dueAt || this.#closing.signal.aborted) return
    this.#stop()
    this.#dueAt = dueAt
    this.#stop = this.#parts.clock.after(ms, () => forget(this.#drain()), true)
  }

  #drain(): Promise<void> {
    this.#draining ??= this.#deliverAll().finally(() => {
      this.#draining = undefined
    })
    return this.#draining
  }

  async #deliverAll(): Promise<void> {
    const { overflow, store } = this.#parts
    this.#stop()
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#pending = 0
    const waits = [await this.#deliverFrom(overflow), await this.#deliverFrom(store)]
    this.#wakeIn(Math.min(LOOK_MS, ...waits))
  }

  /** @returns milliseconds after which to look again */
  async #deliverFrom(store: ReportStore): Promise<number> {
    while (!this.#closing.signal.aborted) {
      const items = await this.#claim(store)
      if (items.length === 0) break
      let retryMs = Number.POSITIVE_INFINITY
      for (const [kind, some] of Map.groupBy(items, item => item.kind))
        retryMs = Math.min(retryMs, await this.#deliver(store, kind, some))
      if (retryMs < Number.POSITIVE_INFINITY) return retryMs
    }
    return Number.POSITIVE_INFINITY
  }

  async #claim(store: ReportStore): Promise<readonly ClaimedItem[]> {
    const { channel, clock } = this.#parts
    try {
      const at = clock.now()
      const destination = await channel.destination()
      return await store.claimOutbox({ destination, at, until: at + LEASE_MS, limit: channel.batchSize })
    } catch (error) {
      this.#tell('outbox', 0, false, error)
      return []
    }
  }

  /** @returns milliseconds after which to try again; `Infinity` where all is done */
  async #deliver(store: ReportStore, kind: string, items: readonly ClaimedItem[]): Promise<number> {
    const { channel } = this.#parts
    try {
      const refused = await channel.deliver(kind, items, { signal: this.#closing.signal })
      this.#counts.delivered += items.length - refused.length
      this.#drop(kind, refused)
      await this.#settle(store, kind, { done: items.map(idOf) })
      return Number.POSITIVE_INFINITY
    } catch (error) {
      this.#counts.failed++
      return this.#postpone(store, kind, items, error)
    }
  }

  async #postpone(store: ReportStore, kind: string, items: readonly ClaimedItem[], error: unknown): Promise<number> {
    const now = this.#parts.clock.now()
    const done = items.filter(({ at }) => now - at > MAX_AGE_MS).map(idOf)
    const later = items.filter(({ id }) => !done.includes(id))
    this.#drop(
      kind,
      done.map(id => ({ id, error })),
    )
    if (later.length > 0) this.#tell(kind, later.length, false, error)
    const attempts = Math.max(1, ...later.map(item => item.attempts))
    const retryMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1))
    await this.#settle(store, kind, { done, later: later.map(({ id }) => ({ id, due: now + retryMs })) })
    return retryMs
  }

  /** What is not settled is delivered once more: that is what its id is for. */
  async #settle(store: ReportStore, kind: string, settlement: OutboxSettlement): Promise<void> {
    try {
      await store.settleOutbox(settlement)
    } catch (error) {
      this.#tell(kind, settlement.done.length, false, error)
    }
  }

  #drop(kind: string, refused: readonly RefusedReport[]): void {
    if (refused.length === 0) return
    this.#counts.dropped += refused.length
    this.#tell(kind, refused.length, true, refused[0]?.error)
  }

  #tell(kind: string, count: number, dropped: boolean, error: unknown): void {
    this.#parts.tell({ type: 'report-failed', kind, count, dropped, error })
  }
}

function idOf({ id }: ClaimedItem): string {
  return id
}
