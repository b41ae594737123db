const TIMES: ReadonlySet<string> = new Set(['at', 'oldest', 'newest'])

/**
 * A record of ours as it is on the wire: `baseRate` becomes `base_rate`, and `at`, `oldest`, `newest` become texts. For
 * records whose keys are all ours; what comes from outside keeps its names.
 */
export function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
      TIMES.has(key) && typeof inner === 'number' ? new Date(inner).toISOString() : snake(inner),
    ]),
  )
}
