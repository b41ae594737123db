import type { Lesson, LessonRange, StoredLesson } from 'countersign'
import { pageSize } from './listing.js'
import type { SqliteLike } from './sqlite-like.js'

/** A lesson as it is written: copied when it is handed over, for it may be written later. */
export type LessonRow = readonly [decisionId: string, tenant: string | null, kind: string, at: number, body: string]

/** Columns in their order. */
type StoredRow = readonly [
  seq: number,
  decisionId: string,
  tenant: string | null,
  kind: Lesson['kind'],
  at: number,
  body: string,
]

/** Lessons about a decision. */
export interface Found {
  readonly seqs: readonly number[]
  /** What came later was not looked at. */
  readonly until: number
}

/** What learners learn. One process writes at a time, so that numbers are given in the order in which they can be seen. */
export interface LessonTable {
  /** Within a transaction. */
  readonly append: (rows: readonly LessonRow[]) => void
  readonly read: (range: LessonRange) => StoredLesson[]
  /** Finds what is about a decision. Reads all there is, as it is seldom asked. */
  readonly about: (decisionId: string) => Found
  /** Within a transaction: empties what was found, and what is about the decision that came since. */
  readonly empty: (decisionId: string, found: Found) => void
}

/** Copies lessons. */
export function lessonRows(lessons: readonly Lesson[]): readonly LessonRow[] {
  return lessons.map(({ decisionId, tenant = null, kind, at, body }) => [decisionId, tenant, kind, at, body])
}

/** Prepares the statements on lessons. */
export function lessonTable(database: SqliteLike): LessonTable {
  const insert = database.prepare('insert into lessons (decision_id, tenant, kind, at, body) values (?, ?, ?, ?, ?)')
  const read = database.prepare(
    'select seq, decision_id, tenant, kind, at, body from lessons where seq > ? order by seq limit ?',
  )
  // Whoever learns anew reads a million of them.
  read.setReturnArrays?.(true)
  const last = database.prepare('select coalesce(max(seq), 0) as seq from lessons')
  const about = database.prepare('select seq from lessons where decision_id = ? and seq > ?')
  const empty = database.prepare(`update lessons set body = '' where seq = ?`)
  const seqsOf = (decisionId: string, after: number): readonly number[] =>
    (about.all(decisionId, after) as readonly { readonly seq: number }[]).map(({ seq }) => seq)

  return {
    append: rows => {
      for (const row of rows) insert.run(...row)
    },
    read: ({ after, limit }) => read.all(after, pageSize(limit, 1000, 10_000)).map(lessonOf),
    about: decisionId => {
      const { seq: until } = last.get() as { readonly seq: number }
      return { seqs: seqsOf(decisionId, 0), until }
    },
    empty: (decisionId, { seqs, until }) => {
      for (const seq of [...seqs, ...seqsOf(decisionId, until)]) empty.run(seq)
    },
  }
}

function lessonOf(row: unknown): StoredLesson {
  const values: readonly unknown[] = Array.isArray(row) ? row : Object.values(row as object)
  const [seq, decisionId, tenant, kind, at, body] = values as StoredRow
  return tenant === null ? { seq, decisionId, kind, at, body } : { seq, decisionId, tenant, kind, at, body }
}
