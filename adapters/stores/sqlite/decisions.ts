import type { Decision, DecisionFilter, DecisionRecord, ExecutionRecord, ExecutionStatus, Outcome } from 'countersign'
import { encode } from './encode.js'
import { Listing } from './listing.js'
import type { SqliteLike } from './sqlite-like.js'

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

interface StoredOutcome {
  readonly seq: number
  readonly body: string
}

const SELECT = `select body, status, executions.at as ended_at, duration_ms, error,
  (select group_concat(outcomes.body, ',' order by outcomes.seq) from outcomes where decision_id = decisions.id) as outcomes
  from decisions left join executions using (seq)`

/** One look into an index for each decision. */
const HAS_OUTCOME = 'exists (select 1 from outcomes where decision_id = decisions.id) = ?'

/** Rows by their numbers, which grow with time. */
interface Slice {
  readonly from: number
  readonly to: number
}

/** Decisions, how they ended, and what the world answered. */
export interface DecisionTable {
  readonly insert: (row: DecisionRow) => void
  readonly setExecution: (execution: ExecutionRecord) => void
  readonly insertOutcome: (decisionId: string, body: string) => void
  readonly get: (id: string) => DecisionRecord | undefined
  /** @param slice only rows from one number up to, without, another */
  readonly list: (filter: DecisionFilter, slice?: Slice) => DecisionRecord[]
  /** The number of the first row that a listing leaves out: of the decision it goes on behind, or none has it yet; nothing where there is no such decision. */
  readonly end: (before: string | undefined) => number | undefined
  /** Within a transaction: writes a decision, how it ended, and what the world answered in another form. */
  readonly change: (id: string, change: <T extends Decision | ExecutionRecord | Outcome>(record: T) => T) => void
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
  const insertOutcome = database.prepare(
    'insert into outcomes (decision_id, body) select id, ? from decisions where id = ?',
  )
  const get = database.prepare(`${SELECT} where decisions.id = ?`)
  const outcomes = database.prepare('select seq, body from outcomes where decision_id = ?')
  const setBody = database.prepare('update decisions set body = ? where id = ?')
  const setOutcome = database.prepare('update outcomes set body = ? where seq = ?')
  const last = database.prepare('select max(seq) + 1 as seq from decisions')
  const seqOf = database.prepare('select seq from decisions where id = ?')
  const listing = new Listing<StoredDecision>(database, SELECT)
  const one = (id: string): DecisionRecord | undefined => {
    const row = get.get(id) as StoredDecision | undefined
    return row === undefined ? undefined : decoded(row)
  }
  const endWith = ({ decisionId, status, at, durationMs, error }: ExecutionRecord): void => {
    setExecution.run(status, at, durationMs, error ?? null, decisionId)
  }

  return {
    insert: row => {
      insert.run(...row)
    },
    setExecution: endWith,
    insertOutcome: (decisionId, body) => {
      insertOutcome.run(body, decisionId)
    },
    get: one,
    end: before => {
      const row = (before === undefined ? last.get() : seqOf.get(before)) as { readonly seq: number | null } | undefined
      return row?.seq ?? undefined
    },
    list: ({ sessionId, tenant, tool, actor, result, status, hasOutcome, since, before, limit }, slice) =>
      listing
        .rows({
          equal: [
            ['session', sessionId],
            ['tenant', tenant],
            ['tool', tool],
            ['actor', actor],
            ['result', result],
            ['status', status],
          ],
          further: [
            ['decisions.at >= ?', since],
            [HAS_OUTCOME, hasOutcome === undefined ? undefined : Number(hasOutcome)],
            ['seq >= ?', slice?.from],
            ['seq < ?', slice?.to],
            ['seq < (select seq from decisions where id = ?)', slice === undefined ? before : undefined],
          ],
          limit,
        })
        .map(decoded),
    change: (id, change) => {
      const record = one(id)
      if (record !== undefined) {
        const { execution, outcomes: _, ...decision } = record
        setBody.run(encode(change(decision)), id)
        if (execution !== undefined) endWith(change(execution))
      }
      for (const { seq, body } of outcomes.all(id) as readonly StoredOutcome[])
        setOutcome.run(encode(change(JSON.parse(body) as Outcome)), seq)
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
