import type { Clock } from '../ambient.js'

/** What a {@link PatientReader} is made of. */
export interface PatientReaderOptions {
  readonly clock: Clock
  /** Milliseconds that a read may take. */
  readonly ms: number
  /** The error of one that takes longer. */
  readonly late: () => Error
}

interface Pending {
  readonly since: number
  readonly reject: (reason: unknown) => void
}

/** Waits for one chunk after the other, and for none too long. One timer serves all of them: a chunk costs next to nothing. */
export class PatientReader {
  readonly #options: PatientReaderOptions
  #pending: Pending | undefined
  #cancel: (() => void) | undefined

  constructor(options: PatientReaderOptions) {
    this.#options = options
  }

  /** Waits for a chunk. Whoever reads waits for one at a time. */
  read<T>(next: Promise<T>): Promise<T> {
    const { clock, ms } = this.#options
    return new Promise((resolve, reject) => {
      this.#pending = { since: clock.now(), reject }
      if (this.#cancel === undefined) this.#arm(ms)
      const over = (): void => {
        this.#pending = undefined
      }
      next.then(resolve, reject)
      void next.then(over, over)
    })
  }

  /** Nothing is waited for any more; what is has failed for this reason. */
  end(reason?: unknown): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (reason !== undefined) this.#pending?.reject(reason)
  }

  #arm(ms: number): void {
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#cancel = undefined
      if (this.#pending === undefined) return
      const { since, reject } = this.#pending
      // It was set for a chunk before: this one has its own time.
      const left = since + this.#options.ms - this.#options.clock.now()
      if (left > 0) this.#arm(left)
      else reject(this.#options.late())
    })
  }
}
