import { type Clock, forget } from './ambient.js'
import type { Store } from './store/store.js'

const FIRST_POLL_MS = 20
const MAX_POLL_MS = 250
/** Where the store tells of what is written: for leases and terms that end, and for what it failed to tell. */
const MAX_TOLD_POLL_MS = 1000
const GROWTH = 1.5

/**
 * Waiting for what somebody else will write. In this process a waiter is woken at once; what another process writes is
 * told by the store where it can, and otherwise found by looking again, at growing intervals of up to a quarter of a second.
 */
export class Wakeups {
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #store: Pick<Store, 'watch'>
  #watching: 'not yet' | 'beginning' | 'told' = 'not yet'

  /** @param store asked to tell, once somebody waits */
  constructor(store: Pick<Store, 'watch'> = {}) {
    this.#store = store
  }

  /** Wakes all who wait for this key. */
  wake(key: string): void {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    this.#waiting.delete(key)
    for (const wakeUp of waiting) wakeUp()
  }

  /**
   * Looks until `look` finds something.
   *
   * @throws the signal's reason when it aborts; what `look` throws
   */
  async until<T>(
    key: string,
    look: () => PromiseLike<T | undefined>,
    clock: Clock,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(this.#maxPollMs(), pollMs * GROWTH)) {
      signal?.throwIfAborted()
      // Listens before it looks: what is written in between must not be missed.
      const woken = this.#sleep(key, pollMs, clock, signal)
      const found = await look().then(
        value => value,
        (error: unknown) => {
          woken.cancel()
          throw error
        },
      )
      if (found !== undefined) {
        woken.cancel()
        return found
      }
      if (this.#watching === 'not yet') forget(this.#watch())
      await woken.promise
    }
  }

  #maxPollMs(): number {
    return this.#watching === 'told' ? MAX_TOLD_POLL_MS : MAX_POLL_MS
  }

  /** For as long as the store is open. Where it cannot tell, who waits next asks it again. */
  async #watch(): Promise<void> {
    if (this.#store.watch === undefined) return
    this.#watching = 'beginning'
    try {
      await this.#store.watch(key => {
        if (key === undefined) this.#wakeAll()
        else this.wake(key)
      })
      this.#watching = 'told'
      // What was written before it listened, nobody told of.
      this.#wakeAll()
    } catch {
      this.#watching = 'not yet'
    }
  }

  #wakeAll(): void {
    for (const key of this.#waiting.keys()) this.wake(key)
  }

  #sleep(key: string, ms: number, clock: Clock, signal: AbortSignal | undefined): Sleep {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting)
    const wakeUp = (): void => {
      stopTimer()
      signal?.removeEventListener('abort', wakeUp)
      waiting.delete(wakeUp)
      if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key)
      resolve()
    }
    waiting.add(wakeUp)
    signal?.addEventListener('abort', wakeUp, { once: true })
    const stopTimer = clock.after(ms, wakeUp)
    return { promise, cancel: wakeUp }
  }
}

interface Sleep {
  readonly promise: Promise<void>
  readonly cancel: () => void
}
