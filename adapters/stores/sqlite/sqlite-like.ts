/** What is bound to a statement. */
export type SqliteValue = string | number | bigint | Uint8Array | null

/** The part of a prepared statement that is used. */
export interface SqliteStatement {
  readonly run: (...values: SqliteValue[]) => { readonly changes: number | bigint }
  readonly get: (...values: SqliteValue[]) => unknown
  readonly all: (...values: SqliteValue[]) => unknown[]
  /** Rows are arrays from then on. Newer versions of `node:sqlite` have it, and give many rows in half the time. */
  readonly setReturnArrays?: (enabled: boolean) => unknown
}

/** The part of a database handle that is used. `DatabaseSync` of `node:sqlite` and a `better-sqlite3` database both have it. */
export interface SqliteLike {
  readonly exec: (sql: string) => unknown
  readonly prepare: (sql: string) => SqliteStatement
  readonly close: () => unknown
}
