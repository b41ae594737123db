const MOST_MS = 3_600_000

/**
 * Milliseconds until the next attempt: doubled with each, an hour at most, and up to half less by chance, so that what
 * failed together does not come back together.
 *
 * @param attempts begun so far
 * @param random 0..1
 */
export function backoff(retryDelayMs: number, attempts: number, random: number): number {
  const full = Math.min(MOST_MS, retryDelayMs * 2 ** Math.max(0, attempts - 1))
  return Math.round(full * (1 - random / 2))
}
