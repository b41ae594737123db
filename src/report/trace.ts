import { RecentMap } from '../recent-map.js'

/** Runs that are certain to be remembered at the same time. */
const MAX_TRACES = 10_000

/** Numbers the events of each run: 0, 1, 2 … */
export class Traces {
  readonly #next = new RecentMap<string, number>(MAX_TRACES)

  next(traceId: string): number {
    const seq = this.#next.get(traceId) ?? 0
    this.#next.set(traceId, seq + 1)
    return seq
  }

  /** A number that was not used after all; where another was given since, there is a gap. */
  giveBack(traceId: string, seq: number): void {
    if (this.#next.get(traceId) === seq + 1) this.#next.set(traceId, seq)
  }
}
