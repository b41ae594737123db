import type { WindowSpend } from './store.js'
import { SlidingWindow } from './window.js'

/** Empty windows are swept after this many spends, so that names nobody asks for again do not pile up. */
const SWEEP_EVERY = 10_000

/** Sliding windows by name. */
export class Windows {
  readonly #windows = new Map<string, SlidingWindow>()
  #untilSweep = SWEEP_EVERY

  total({ key, windowMs }: WindowSpend, at: number): number {
    return this.#windows.get(key)?.total(at, windowMs) ?? 0
  }

  /** The first window without room. */
  exceeded(spends: readonly WindowSpend[], at: number): string | undefined {
    // Written so that an amount that is not a number has no room anywhere.
    return spends.find(spend => !(this.total(spend, at) + spend.amount <= spend.max))?.key
  }

  spend(spends: readonly WindowSpend[], at: number): void {
    for (const { key, windowMs, amount } of spends) {
      const window = this.#windows.get(key) ?? new SlidingWindow()
      this.#windows.set(key, window)
      window.add(at, windowMs, amount)
      if (--this.#untilSweep <= 0) this.#sweep(at)
    }
  }

  #sweep(at: number): void {
    this.#untilSweep = SWEEP_EVERY
    for (const [key, window] of this.#windows) if (window.isEmpty(at)) this.#windows.delete(key)
  }
}
