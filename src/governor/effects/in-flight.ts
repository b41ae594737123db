import type { Execution } from '../../execute/execution.js'

/** The effects that run in this process: whoever brings the same call waits for the result itself, not for its receipt. */
export class InFlight {
  readonly #running = new Map<string, Promise<Execution | undefined>>()

  /** From here on an effect runs. The function it gives back ends it; with nothing, where the framework will bring the call again. */
  begin(key: string): (execution: Execution | undefined) => void {
    const { promise, resolve } = Promise.withResolvers<Execution | undefined>()
    this.#running.set(key, promise)
    return execution => {
      this.#running.delete(key)
      resolve(execution)
    }
  }

  /**
   * How an effect that runs here ends; nothing where none does.
   *
   * @throws the signal's reason when it aborts before
   */
  async ended(key: string, signal: AbortSignal | undefined): Promise<Execution | undefined> {
    const running = this.#running.get(key)
    if (running === undefined || signal === undefined) return running
    signal.throwIfAborted()
    const { promise, reject } = Promise.withResolvers<never>()
    const abort = (): void => {
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([running, promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}
