import { type Clock, forget } from '../../ambient.js'
import type { Receipt } from '../../receipt.js'
import type { Commit, CommitResult, Store } from '../../store/store.js'
import type { Awaitable } from '../../types.js'
import type { Wakeups } from '../../wakeups.js'
import {
  claim,
  type Effect,
  lose,
  reclaim,
  renew,
  standing,
  type Started,
  startAtOnce,
  type Unsettled,
} from './machine.js'

/** What the ledger needs of a governor. */
export interface LedgerParts {
  readonly store: Pick<Store, 'getReceipt'>
  readonly commit: (commit: Commit) => Awaitable<CommitResult>
  readonly clock: Clock
  /** Milliseconds for which a running effect is believed to run without a sign of life. */
  readonly leaseMs: number
  readonly wakeups: Wakeups
  /** Aborted when the governor is closed: nobody waits any longer then. */
  readonly closing: AbortSignal
}

/** An effect that runs in this process. */
interface Running {
  receipt: Started
}

/** Tries of a write that others keep coming in between. */
const MAX_ATTEMPTS = 10

/**
 * The effect ledger: every effect starts at most once under its key, in all processes on the store, whatever dies when.
 * The transitions are in `machine.ts`; this brings them into the store and keeps the leases of what runs here.
 */
export class Ledger {
  readonly #parts: LedgerParts
  readonly #running = new Map<string, Running>()
  #stopRenewing: (() => void) | undefined

  constructor(parts: LedgerParts) {
    this.#parts = parts
  }

  get(key: string): Awaitable<Receipt | undefined> {
    return this.#parts.store.getReceipt(key)
  }

  /**
   * The receipt of an effect that begins now, to be committed with whatever allows it. In the place of one that failed, or
   * whose end is unknown, only where the caller knows that this is safe.
   *
   * @throws GovernanceError `not-pending` in the place of one that runs, or succeeded
   */
  opening(known: Receipt | undefined, effect: Effect): Started {
    const { clock, leaseMs } = this.#parts
    const now = clock.now()
    const isFree = known === undefined || standing(known, now) === 'free'
    return startAtOnce(isFree ? claim(known, effect, now, leaseMs) : reclaim(known, effect, now, leaseMs), now)
  }

  /** From here to {@link Ledger.end}, the lease of an effect is kept. */
  began(receipt: Started): void {
    this.#running.set(receipt.key, { receipt })
    this.#stopRenewing ??= this.#renewLater()
  }

  /**
   * Writes how an effect ended. Whether it could be: not, where another process has claimed the key since.
   *
   * @throws what the store throws
   */
  async end(
    started: Started,
    outcome: (receipt: Unsettled) => Receipt,
    rest: Omit<Commit, 'receipt'>,
  ): Promise<boolean> {
    let current: Receipt | undefined = this.#running.get(started.key)?.receipt ?? started
    this.#running.delete(started.key)
    if (this.#running.size === 0) this.#stop()
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const isOurs = current?.fence === started.fence
        if (!isOurs || (current?.status !== 'started' && current?.status !== 'unknown')) return false
        const { committed } = await this.#parts.commit({ ...rest, receipt: outcome(current) })
        if (committed) return true
        current = await this.get(started.key)
      }
      return false
    } finally {
      this.#parts.wakeups.wake(started.key)
    }
  }

  /** Waits until what runs under a key has ended, or whoever ran it is gone. @throws the signal's reason */
  async settled(key: string, signal: AbortSignal | undefined): Promise<void> {
    const { wakeups, clock, closing } = this.#parts
    const look = async (): Promise<true | undefined> =>
      standing(await this.get(key), clock.now()) === 'running' ? undefined : true
    await wakeups.until(key, look, clock, signal === undefined ? closing : AbortSignal.any([signal, closing]))
  }

  /** Notes that whoever ran an effect is gone. Somebody else may have done so already. */
  async lose(receipt: Receipt): Promise<void> {
    const at = this.#parts.clock.now()
    await this.#parts.commit({ at, receipt: lose(receipt, at) })
  }

  #renewLater(): () => void {
    const { clock, leaseMs } = this.#parts
    return clock.after(leaseMs / 3, () => {
      this.#stopRenewing = undefined
      if (this.#running.size === 0) return
      for (const running of this.#running.values()) forget(this.#renew(running))
      this.#stopRenewing = this.#renewLater()
    })
  }

  /** A renewal that fails is tried again at the next turn; if all fail, the lease ends, as it should. */
  async #renew(running: Running): Promise<void> {
    const { clock, leaseMs, commit } = this.#parts
    const next = renew(running.receipt, clock.now(), leaseMs)
    const { committed } = await commit({ at: clock.now(), receipt: next })
    const current = committed ? next : await this.get(next.key)
    // A write that came too late to be heard of may have been made all the same.
    if (current?.status === 'started' && current.fence === next.fence) running.receipt = current
  }

  #stop(): void {
    this.#stopRenewing?.()
    this.#stopRenewing = undefined
  }
}
