import { type Clock, forget } from '../ambient.js'

/** What a deadline is made of. */
export interface DeadlineOptions {
  readonly clock: Clock
  readonly ms: number
  /** Whoever asked, and may lose interest. */
  readonly outer: AbortSignal | undefined
  /** The error of what is late. */
  readonly late: () => Error
}

/** A time until which something must be done, and an interest that can be lost before. */
export class Deadline {
  /** Epoch milliseconds. */
  readonly until: number
  readonly #abort = new AbortController()
  readonly #stopped: Promise<never>
  readonly #end: () => void

  constructor({ clock, ms, outer, late }: DeadlineOptions) {
    this.until = clock.now() + ms
    const { promise, reject } = Promise.withResolvers<never>()
    this.#stopped = promise
    forget(promise)
    const stop = (reason: unknown): void => {
      this.#end()
      reject(reason)
      this.#abort.abort(reason)
    }
    const aborted = (): void => {
      stop(outer?.reason)
    }
    const cancel = clock.after(ms, () => {
      stop(late())
    })
    this.#end = () => {
      cancel()
      outer?.removeEventListener('abort', aborted)
    }
    if (outer?.aborted === true) aborted()
    else outer?.addEventListener('abort', aborted, { once: true })
  }

  /** Aborts when the time is up, or with the outer signal, for the same reason. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Waits for work, and no longer than this: what is late is dropped at once, whatever it is waiting for. */
  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#stopped])
  }

  /** There is nothing more to wait for. */
  end(): void {
    this.#end()
  }
}
