/** Nobody may hold us up for longer. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000

/** Milliseconds that a `Retry-After` asks for (RFC 9110: seconds, or a date). */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  // A number with a sign would be read as a year.
  const date = /^[a-z]{3}/i.test(header) ? Date.parse(header) - now : Number.NaN
  const ms = /^\d+(?:\.\d+)?$/.test(header) ? Number(header) * 1000 : date
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS)
}
