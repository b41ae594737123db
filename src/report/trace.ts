/** Runs numbered at the same time; the least recently used one is forgotten beyond it. */
const MAX_TRACES = 10_000

/** Numbers the events of each run: 0, 1, 2 … */
export class Traces {
  readonly #next = new Map<string, number>()

  next(traceId: string): number {
    const seq = this.#next.get(traceId) ?? 0
    this.#next.delete(traceId)
    this.#next.set(traceId, seq + 1)
    if (this.#next.size > MAX_TRACES) {
      const [oldest] = this.#next.keys()
      if (oldest !== undefined) this.#next.delete(oldest)
    }
    return seq
  }
}
