/** A record as JSON. What JSON has no form for is left out, as `JSON.stringify` does; a bigint, on which it would throw, is tagged. */
export function encode(record: object): string {
  try {
    return JSON.stringify(record)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return JSON.stringify(record, (_key, value: unknown) =>
      typeof value === 'bigint' ? { $bigint: value.toString() } : value,
    )
  }
}
