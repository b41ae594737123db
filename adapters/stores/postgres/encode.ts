import type { Row } from './pool-like.js'

/** What the server cannot hold in a text, and what marks it. */
// oxlint-disable-next-line no-control-regex -- what is to be replaced
const UNHOLDABLE = /[\u0000\u0001\p{Cs}]/gu
// oxlint-disable-next-line no-control-regex -- the mark
const HELD = /\u0001([\da-f]{4})/g

/** A text in a form that PostgreSQL can hold: it has no NUL, and no half of a surrogate pair. Different texts stay different. */
export function text(value: string): string {
  return value.replaceAll(UNHOLDABLE, found => `\u0001${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The text again that {@link text} was given. */
export function plain(value: string): string {
  return value.includes('\u0001')
    ? value.replaceAll(HELD, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : value
}

/** As {@link text}, of what may be absent. */
export function optional(value: string | undefined): string | null {
  return value === undefined ? null : text(value)
}

/** As {@link text}, of what a filter may leave open, or want to be absent. */
export function given<NONE extends null | undefined>(value: string | NONE): string | NONE {
  return typeof value === 'string' ? text(value) : value
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

/** The record of a row's `body`, if there is a row. */
export function decode(row: Row | undefined): unknown {
  return row === undefined ? undefined : JSON.parse(row['body'] ?? 'null')
}

/** The records of rows. */
export function decodeAll(rows: readonly Row[]): unknown[] {
  return rows.map(decode)
}

/** A revision as the server can compare it; what is no whole number of 1 or more follows on nothing. */
export function revisionOf({ revision }: { readonly revision: number }): number {
  return Number.isSafeInteger(revision) && revision >= 1 ? revision : 0
}
