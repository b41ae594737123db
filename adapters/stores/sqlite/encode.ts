/** A row with a record as JSON. */
export interface Encoded {
  readonly body: string
}

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

/** The record of a row, if there is one. */
export function decode(row: unknown): unknown {
  return row === undefined ? undefined : JSON.parse((row as Encoded).body)
}

/** The records of rows. */
export function decodeAll(rows: readonly unknown[]): unknown[] {
  return rows.map(decode)
}
