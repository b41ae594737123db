/** So many failures in a row, and a target is given time. */
const FAILURES = 5
const REST_MS = 30_000

/** Spares a target that does not answer: after five failures in a row it is tried once every half minute. */
export class Pace {
  readonly #failures = new Map<string, { readonly count: number; readonly at: number }>()

  /** How many attempts may be under way at once. */
  most(ref: string, usual: number): number {
    return this.#isFailing(ref) ? 1 : usual
  }

  mayTry(ref: string, now: number): boolean {
    return !this.#isFailing(ref) || now >= (this.#failures.get(ref)?.at ?? 0) + REST_MS
  }

  succeeded(ref: string): void {
    this.#failures.delete(ref)
  }

  failed(ref: string, at: number): void {
    this.#failures.set(ref, { count: (this.#failures.get(ref)?.count ?? 0) + 1, at })
  }

  #isFailing(ref: string): boolean {
    return (this.#failures.get(ref)?.count ?? 0) >= FAILURES
  }
}
