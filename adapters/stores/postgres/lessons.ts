import type { Lesson, LessonRange, StoredLesson } from 'countersign'
import { optional, plain, text } from './encode.js'
import { pageSize } from './listing.js'
import type { Row } from './pool-like.js'
import type { Session } from './session.js'

/** Lessons about a decision. */
export interface Found {
  readonly seqs: readonly string[]
  /** What came later was not looked at; nothing comes later with a lower number. */
  readonly until: string
}

/** A lesson as the server takes it. */
export function lessonFields({ decisionId, tenant, kind, at, body }: Lesson): object {
  return { decision: text(decisionId), tenant: optional(tenant), kind: text(kind), at: String(at), body: text(body) }
}

/** Reads lessons, oldest first. */
export async function readLessons({ schema, read }: Session, range: LessonRange): Promise<StoredLesson[]> {
  // As the server compares it: a whole number that it can hold.
  const after = Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(range.after)))
  const rows = await read(
    'read lessons',
    `select seq, decision_id, tenant, names_tenant, kind, at, body from ${schema}.lessons
     where seq > $1 order by seq limit $2`,
    after,
    pageSize(range.limit, 1000, 10_000),
  )
  return rows.map(lessonOf)
}

/** Finds what is about a decision. Reads all there is, as it is seldom asked. */
export async function lessonsAbout({ schema, read }: Session, decisionId: string): Promise<Found> {
  const [row] = await read(
    'lessons of decision',
    `select coalesce(max(seq), 0) as until, json_agg(seq::text) filter (where decision_id = $1) as seqs
     from ${schema}.lessons`,
    text(decisionId),
  )
  return { seqs: JSON.parse(row?.['seqs'] ?? '[]') as string[], until: row?.['until'] ?? '0' }
}

/** Within a transaction: empties what was found, and what is about the decision that came since. */
export async function emptyLessons(
  { schema, write }: Session,
  decisionId: string,
  { seqs, until }: Found,
): Promise<void> {
  await write('empty lessons', `update ${schema}.lessons set body = '' where seq = any($1::bigint[])`, seqs)
  await write(
    'empty new lessons',
    `update ${schema}.lessons set body = '' where seq > $1 and decision_id = $2`,
    until,
    text(decisionId),
  )
}

function lessonOf(row: Row): StoredLesson {
  const { seq, decision_id, tenant, names_tenant, kind, at, body } = row
  return {
    seq: Number(seq),
    decisionId: plain(decision_id ?? ''),
    ...(names_tenant === 't' ? { tenant: plain(tenant ?? '') } : {}),
    kind: plain(kind ?? '') as Lesson['kind'],
    at: Number(at),
    body: plain(body ?? ''),
  }
}
