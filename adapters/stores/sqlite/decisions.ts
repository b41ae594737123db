import type { Decision, DecisionFilter, DecisionRecord, ExecutionRecord, ExecutionStatus, Outcome } from 'countersign'
import { encode } from './encode.js'
import type { SqliteLike, SqliteStatement, SqliteValue } from './sqlite-like.js'

/** A decision as it is written: encoded when it is handed over, for it may be written later. */
export type DecisionRow = readonly [
  id: string,
  at: number,
  tool: string,
  actor: string,
  session: string | null,
  tenant: string | null,
  result: string,
  body: string,
]

interface StoredDecision {
  readonly body: string
  readonly status: ExecutionStatus | null
  readonly ended_at: number
  readonly duration_ms: number
  readonly error: string | null
  readonly outcomes: string | null
}

const SELECT = `select body, status, executions.at as ended_at, duration_ms, error,
  (select group_concat(outcomes.body, ',' order by outcomes.seq) from outcomes where decision_id = decisions.id) as outcomes
  from decisions left join executions using (seq)`

/** Decisions, how they ended, and what the world answered. */
export interface DecisionTable {
  readonly insert: (row: DecisionRow) => void
  readonly setExecution: (execution: ExecutionRecord) => void
  readonly insertOutcome: (decisionId: string, body: string) => void
  readonly get: (id: string) => DecisionRecord | undefined
  readonly list: (filter: DecisionFilter) => DecisionRecord[]
}

/** Encodes a decision. What JSON cannot hold is not kept. */
export function decisionRow(decision: Decision): DecisionRow {
  const { id, at, tool, actor, sessionId = null, tenant = null, result } = decision
  return [id, at, tool, actor, sessionId, tenant, result, encode(decision)]
}

/** Prepares the statements on decisions. */
export function decisionTable(database: SqliteLike): DecisionTable {
  const insert = database.prepare(
    'insert into decisions (id, at, tool, actor, session, tenant, result, body) values (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  // A row of its own is appended for less than the decision's row is rewritten.
  const setExecution = database.prepare(
    'insert or replace into executions (seq, status, at, duration_ms, error) select seq, ?, ?, ?, ? from decisions where id = ?',
  )
  const insertOutcome = database.prepare('insert into outcomes (decision_id, body) values (?, ?)')
  const get = database.prepare(`${SELECT} where decisions.id = ?`)
  const listings = new Map<string, SqliteStatement>()

  return {
    insert: row => {
      insert.run(...row)
    },
    setExecution: ({ decisionId, status, at, durationMs, error = null }) => {
      setExecution.run(status, at, durationMs, error, decisionId)
    },
    insertOutcome: (decisionId, body) => {
      insertOutcome.run(decisionId, body)
    },
    get: id => {
      const row = get.get(id) as StoredDecision | undefined
      return row === undefined ? undefined : decoded(row)
    },
    list: filter => {
      const { sql, values } = listing(filter)
      const statement = listings.get(sql) ?? database.prepare(sql)
      listings.set(sql, statement)
      return (statement.all(...values) as StoredDecision[]).map(decoded)
    },
  }
}

function decoded({ body, status, ended_at, duration_ms, error, outcomes }: StoredDecision): DecisionRecord {
  const decision = JSON.parse(body) as Decision
  const record = { ...decision, outcomes: outcomes === null ? [] : (JSON.parse(`[${outcomes}]`) as Outcome[]) }
  if (status === null) return record
  const ended = { decisionId: decision.id, status, at: ended_at, durationMs: duration_ms }
  return { ...record, execution: error === null ? ended : { ...ended, error } }
}

/** In order of selectivity: SQLite uses one index, and a `+` keeps it from choosing any but the first. */
function listing(filter: DecisionFilter): { readonly sql: string; readonly values: readonly SqliteValue[] } {
  const equal: readonly (readonly [column: string, value: string | undefined])[] = [
    ['session', filter.sessionId],
    ['tenant', filter.tenant],
    ['tool', filter.tool],
    ['actor', filter.actor],
    ['result', filter.result],
    ['status', filter.status],
  ]
  const conditions: string[] = []
  const values: SqliteValue[] = []
  for (const [column, value] of equal) {
    if (value === undefined) continue
    conditions.push(`${conditions.length === 0 ? '' : '+'}${column} = ?`)
    values.push(value)
  }
  if (filter.since !== undefined) {
    conditions.push('decisions.at >= ?')
    values.push(filter.since)
  }
  if (filter.before !== undefined) {
    conditions.push('seq < (select seq from decisions where id = ?)')
    values.push(filter.before)
  }
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  return { sql: `${SELECT}${where} order by seq desc limit ?`, values: [...values, pageSize(filter.limit)] }
}

/** Rows of one page: 100 unless asked otherwise, 1000 at most. */
export function pageSize(limit = 100): number {
  return Number.isNaN(limit) ? 100 : Math.max(1, Math.min(1000, Math.floor(limit)))
}
