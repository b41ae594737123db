import type { SqliteStatement, SqliteValue } from './sqlite-like.js'

/** A record as it is written by compare-and-swap: encoded when it is handed over, for it may be written later. */
export interface RevisionRow {
  readonly revision: number
  /** Values of the statement that writes a first revision. */
  readonly created: readonly SqliteValue[]
  /** Values of the statement that writes a later one. */
  readonly replaced: readonly SqliteValue[]
}

/** Writes a record where there is none, or in the place of the revision before; whether it did. */
export function putRevision(
  create: SqliteStatement,
  replace: SqliteStatement,
  { revision, created, replaced }: RevisionRow,
): boolean {
  const { changes } = revision === 1 ? create.run(...created) : replace.run(...replaced)
  return Number(changes) === 1
}
