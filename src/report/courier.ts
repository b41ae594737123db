import { type Clock, forget } from '../ambient.js'
import type { RefusedReport, ReportChannel } from '../evaluate/report-channel.js'
import type { ClaimedItem, OutboxItem, Store } from '../store/store.js'
import type { EventBody } from './events.js'

/** What a courier needs. */
export interface CourierParts {
  readonly channel: ReportChannel
  readonly store: Pick<Store, 'claimOutbox' | 'settleOutbox' | 'countOutbox'>
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
  /** Reports that were refused for good, too old, or one too many. */
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
/** Reports kept in this process because the store did not take them. */
const MAX_KEPT = 1000

/**
 * Delivers what a store holds for a channel, in batches, in the background, at least once. Never waited for by a call, and
 * never throws: what goes wrong is counted and told.
 */
export class Courier {
  readonly #parts: CourierParts
  readonly #closing = new AbortController()
  readonly #counts = { delivered: 0, failed: 0, dropped: 0 }
  #kept: ClaimedItem[] = []
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

  /** Keeps what the store did not take, and lets the oldest go where that is too much. */
  keep(items: readonly OutboxItem[]): void {
    this.#kept.push(...items.map(item => ({ ...item, destination: KEPT, attempts: 0 })))
    const tooMany = Math.max(0, this.#kept.length - MAX_KEPT)
    this.#kept.splice(0, tooMany)
    this.#counts.dropped += tooMany
    this.nudge(items.length)
  }

  async status(): Promise<ReportStatus> {
    const { channel, store } = this.#parts
    const stored = await store.countOutbox(await channel.destination())
    return { waiting: stored + this.#kept.length, ...this.#counts }
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
    this.#stop()
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#pending = 0
    let retryMs = LOOK_MS
    while (!this.#closing.signal.aborted) {
      const items = await this.#take()
      if (items.length === 0) break
      const failed = await this.#deliver(items)
      if (failed === undefined) continue
      retryMs = failed
      break
    }
    this.#wakeIn(retryMs)
  }

  /** What is due, of one store or the other. */
  async #take(): Promise<readonly ClaimedItem[]> {
    const { channel, store, clock } = this.#parts
    const { batchSize: limit } = channel
    const kept = this.#kept.splice(0, limit).map(item => ({ ...item, attempts: item.attempts + 1 }))
    if (kept.length > 0) return kept
    try {
      const at = clock.now()
      const destination = await channel.destination()
      return await store.claimOutbox({ destination, at, until: at + LEASE_MS, limit })
    } catch (error) {
      this.#tell('outbox', 0, false, error)
      return []
    }
  }

  /** @returns milliseconds after which to try again, where something was not delivered */
  async #deliver(items: readonly ClaimedItem[]): Promise<number | undefined> {
    let retryMs: number | undefined
    for (const [kind, some] of Map.groupBy(items, item => item.kind)) {
      const ms = await this.#deliverKind(kind, some)
      if (ms !== undefined) retryMs = Math.min(retryMs ?? ms, ms)
    }
    return retryMs
  }

  async #deliverKind(kind: string, items: readonly ClaimedItem[]): Promise<number | undefined> {
    const { channel } = this.#parts
    try {
      const refused = await channel.deliver(kind, items, { signal: this.#closing.signal })
      this.#counts.delivered += items.length - refused.length
      this.#drop(kind, refused)
      await this.#settle(kind, items, [])
      return undefined
    } catch (error) {
      this.#counts.failed++
      return this.#postpone(kind, items, error)
    }
  }

  async #postpone(kind: string, items: readonly ClaimedItem[], error: unknown): Promise<number> {
    const now = this.#parts.clock.now()
    const tooOld = items.filter(({ at }) => now - at > MAX_AGE_MS)
    const later = items.filter(item => !tooOld.includes(item))
    this.#drop(
      kind,
      tooOld.map(({ id }) => ({ id, error })),
    )
    if (later.length > 0) this.#tell(kind, later.length, false, error)
    const attempts = Math.max(1, ...later.map(item => item.attempts))
    const ms = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1))
    await this.#settle(kind, tooOld, later, now + ms)
    return ms
  }

  /** What is not settled is delivered once more: that is what its id is for. */
  async #settle(
    kind: string,
    done: readonly ClaimedItem[],
    later: readonly ClaimedItem[],
    due = this.#parts.clock.now(),
  ): Promise<void> {
    const isKept = (item: ClaimedItem): boolean => item.destination === KEPT
    this.#kept.unshift(...later.filter(isKept))
    const stored = { done: idsOf(done, isKept), later: idsOf(later, isKept).map(id => ({ id, due })) }
    if (stored.done.length === 0 && stored.later.length === 0) return
    try {
      await this.#parts.store.settleOutbox(stored)
    } catch (error) {
      this.#tell(kind, done.length + later.length, false, error)
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

/** The destination of what is in no store. */
export const KEPT = ''

function idsOf(items: readonly ClaimedItem[], isKept: (item: ClaimedItem) => boolean): readonly string[] {
  return items.filter(item => !isKept(item)).map(({ id }) => id)
}
