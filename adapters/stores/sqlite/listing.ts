import type { SqliteLike, SqliteStatement, SqliteValue } from './sqlite-like.js'

/** A part of a condition with the value it is given, `null` for none; it does not count where the value is absent. */
export type Condition = readonly [sql: string, value: SqliteValue | undefined]

/** What a listing is narrowed to. */
export interface Narrowing {
  /** Columns that must have a value, in order of selectivity: SQLite uses the index of the first. */
  readonly equal: readonly Condition[]
  /** Further conditions with one `?` each. */
  readonly further: readonly Condition[]
  readonly limit: number | undefined
}

/** Lists rows of a table with a column `seq`, newest first. A statement is prepared once for every set of conditions. */
export class Listing<ROW> {
  readonly #database: SqliteLike
  readonly #select: string
  readonly #order: string
  readonly #statements = new Map<string, SqliteStatement>()

  /** Takes the statement up to its conditions, and what is newest. */
  constructor(database: SqliteLike, select: string, order = 'seq desc') {
    this.#database = database
    this.#select = select
    this.#order = order
  }

  rows({ equal, further, limit }: Narrowing): ROW[] {
    const conditions: string[] = []
    const values: SqliteValue[] = []
    for (const [column, value] of equal) {
      if (value === undefined) continue
      // A `+` keeps SQLite from choosing the index of any but the first.
      const plain = conditions.length === 0 ? column : `+${column}`
      conditions.push(value === null ? `${plain} is null` : `${plain} = ?`)
      if (value !== null) values.push(value)
    }
    for (const [condition, value] of further) {
      if (value === undefined) continue
      conditions.push(condition)
      values.push(value)
    }
    const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
    return this.#prepared(`${this.#select}${where} order by ${this.#order} limit ?`).all(
      ...values,
      pageSize(limit),
    ) as ROW[]
  }

  #prepared(sql: string): SqliteStatement {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

/** Rows of one page: `usual` unless asked otherwise, one at least, `most` at most. */
export function pageSize(limit: number | undefined, usual = 100, most = 1000): number {
  return limit === undefined || Number.isNaN(limit) ? usual : Math.max(1, Math.min(most, Math.floor(limit)))
}
