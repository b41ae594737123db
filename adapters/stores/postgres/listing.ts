import type { Row, SqlValue } from './pool-like.js'
import type { Session } from './session.js'

/** A part of a condition with the value it is given, `null` for none; it does not count where the value is absent. */
export type Condition = readonly [sql: string, value: SqlValue | undefined]

/** What a listing is narrowed to. */
export interface Narrowing {
  /** Columns that must have a value. */
  readonly equal: readonly Condition[]
  /** Further conditions with one `$` each, which stands for the number of its value. */
  readonly further: readonly Condition[]
  readonly limit: number | undefined
}

/** Lists rows of a table with a column `seq`, newest first; `select` goes up to the conditions. A statement is prepared once for every set of conditions. */
export function listRows(
  { read }: Session,
  name: string,
  select: string,
  { equal, further, limit }: Narrowing,
  order = 'seq desc',
): Promise<readonly Row[]> {
  const values: SqlValue[] = []
  const conditions: string[] = []
  let set = ''
  for (const [sql, value] of [...equal.map(isEqual), ...further]) {
    set += value === undefined ? '0' : value === null ? 'n' : '1'
    if (value === undefined) continue
    if (value === null) {
      conditions.push(sql.replace('= $', 'is null'))
      continue
    }
    values.push(value)
    conditions.push(sql.replace('$', `$${values.length}`))
  }
  values.push(pageSize(limit))
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  return read(`${name} ${set}`, `${select}${where} order by ${order} limit $${values.length}`, ...values)
}

/** Rows of one page: `usual` unless asked otherwise, one at least, `most` at most. */
export function pageSize(limit: number | undefined, usual = 100, most = 1000): number {
  return limit === undefined || Number.isNaN(limit) ? usual : Math.max(1, Math.min(most, Math.floor(limit)))
}

function isEqual([column, value]: Condition): Condition {
  return [`${column} = $`, value]
}
