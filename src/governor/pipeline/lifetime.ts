import { GovernanceError } from '../../errors.js'

/** Lets what runs come to its end before everything is closed. */
export class Lifetime {
  readonly #closing = new AbortController()
  #running = 0
  #drained = (): void => undefined
  #closed: Promise<void> | undefined

  /** Aborted when closing begins: nobody waits any longer then. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Whether nothing may begin any more. */
  get isOver(): boolean {
    return this.#closed !== undefined
  }

  /** Something begins, which is waited for until {@link Lifetime.leave}. */
  enter(): void {
    this.#running++
  }

  leave(): void {
    this.#running--
    if (this.#running === 0) this.#drained()
  }

  /** Waits for what runs, then closes; once, however often it is asked to. */
  close(shut: () => Promise<void>): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = this.#drain().then(shut)
      this.#closing.abort(new GovernanceError('closed', 'the governor is closed'))
    }
    return this.#closed
  }

  #drain(): Promise<void> {
    return new Promise(resolve => {
      this.#drained = resolve
      if (this.#running === 0) resolve()
    })
  }
}
