import type { Decision, DecisionFilter, DecisionRecord, ExecutionRecord, Outcome } from 'countersign'
import { encode, given, optional, text } from './encode.js'
import { listRows } from './listing.js'
import type { Row } from './pool-like.js'
import type { Session } from './session.js'

/** A decision as the server takes it. What JSON cannot hold is not kept. */
export function decisionFields(decision: Decision): object {
  const { id, at, tool, actor, sessionId, tenant, result } = decision
  return {
    id: text(id),
    at: String(at),
    tool: text(tool),
    actor: text(actor),
    session: optional(sessionId),
    tenant: optional(tenant),
    result: text(result),
    body: encode(decision),
  }
}

/** How a call ended, as the server takes it. */
export function executionFields(execution: ExecutionRecord): object {
  return { decision: text(execution.decisionId), status: text(execution.status), body: encode(execution) }
}

/** What the world answered, as the server takes it. */
export function outcomeFields(outcome: Outcome): object {
  return { decision: text(outcome.decisionId), body: encode(outcome) }
}

/** Reads a decision with what came of it. */
export async function getDecision(session: Session, id: string): Promise<DecisionRecord | undefined> {
  const [row] = await session.read('get decision', `${select(session)} where d.id = $1`, text(id))
  return row === undefined ? undefined : decoded(row)
}

/** Lists decisions. */
export async function listDecisions(session: Session, filter: DecisionFilter): Promise<DecisionRecord[]> {
  const { sessionId, tenant, tool, actor, result, status, hasOutcome, since, before, limit } = filter
  const rows = await listRows(session, 'list decisions', select(session), {
    equal: [
      ['d.session', given(sessionId)],
      ['d.tenant', given(tenant)],
      ['d.tool', given(tool)],
      ['d.actor', given(actor)],
      ['d.result', given(result)],
      ['e.status', given(status)],
    ],
    further: [
      ['d.at >= $', since],
      // One look into an index for each decision.
      [`exists (select from ${session.schema}.outcomes o where o.decision_id = d.id) = $`, hasOutcome],
      [`d.seq < (select x.seq from ${session.schema}.decisions x where x.id = $)`, given(before)],
    ],
    limit,
  })
  return rows.map(decoded)
}

/** Within a transaction: writes a decision, how it ended, and what the world answered in another form. */
export async function changeDecision(
  session: Session,
  id: string,
  change: <T extends Decision | ExecutionRecord | Outcome>(record: T) => T,
): Promise<void> {
  const { schema, read, write } = session
  const record = await getDecision(session, id)
  if (record === undefined) return
  const { execution, outcomes: _, ...decision } = record
  await write(
    'set decision',
    `update ${schema}.decisions set body = $2 where id = $1`,
    text(id),
    encode(change(decision)),
  )
  if (execution !== undefined) {
    await write(
      'set execution',
      `update ${schema}.executions e set body = $2 from ${schema}.decisions d where d.id = $1 and e.seq = d.seq`,
      text(id),
      encode(change(execution)),
    )
  }
  const outcomes = await read(
    'outcomes of decision',
    `select seq, body from ${schema}.outcomes where decision_id = $1`,
    text(id),
  )
  for (const { seq, body } of outcomes) {
    const changed = encode(change(JSON.parse(body ?? '') as Outcome))
    await write('set outcome', `update ${schema}.outcomes set body = $2 where seq = $1`, seq ?? null, changed)
  }
}

/** One statement, so that what came of a decision is of the same instant. */
function select({ schema }: Session): string {
  return `select d.body, e.body as execution,
    (select string_agg(o.body, ',' order by o.seq) from ${schema}.outcomes o where o.decision_id = d.id) as outcomes
    from ${schema}.decisions d left join ${schema}.executions e using (seq)`
}

function decoded({ body, execution, outcomes }: Row): DecisionRecord {
  const decision = JSON.parse(body ?? '') as Decision
  const record = { ...decision, outcomes: JSON.parse(`[${outcomes ?? ''}]`) as Outcome[] }
  if (typeof execution !== 'string') return record
  return { ...record, execution: JSON.parse(execution) as ExecutionRecord }
}
