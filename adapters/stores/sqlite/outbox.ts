import type { ClaimedItem, OutboxClaim, OutboxItem } from 'countersign'
import type { SqliteLike } from './sqlite-like.js'

/** An item as it is written: copied when it is handed over, for it may be written later. */
export type OutboxRow = readonly [
  id: string,
  destination: string,
  kind: string,
  decisionId: string,
  body: string,
  at: number,
  due: number,
]

interface ClaimedRow extends Omit<ClaimedItem, 'decisionId'> {
  readonly seq: number
  readonly decision_id: string
}

/** What others are to be told. */
export interface OutboxTable {
  /** Within a transaction. Throws where an id is there already. */
  readonly insert: (rows: readonly OutboxRow[]) => void
  /** Whether there is anything to claim. */
  readonly isDue: (claim: OutboxClaim) => boolean
  /** Within a transaction. */
  readonly claim: (claim: OutboxClaim) => ClaimedItem[]
  readonly remove: (id: string) => void
  readonly postpone: (id: string, due: number) => void
  readonly count: (destination: string) => number
  /** Drops what is about a decision. Reads all there is, as it is seldom asked. */
  readonly drop: (decisionId: string) => void
}

/** Copies items; each is due from its own time on. */
export function outboxRows(items: readonly OutboxItem[]): readonly OutboxRow[] {
  return items.map(({ id, destination, kind, decisionId, body, at }) => [
    id,
    destination,
    kind,
    decisionId,
    body,
    at,
    at,
  ])
}

/** Prepares the statements on the outbox. */
export function outboxTable(database: SqliteLike): OutboxTable {
  const insert = database.prepare(
    `insert into outbox (id, destination, kind, decision_id, body, at, due, attempts)
     values (?, ?, ?, ?, ?, ?, ?, 0)`,
  )
  const first = database.prepare('select 1 from outbox where destination = ? and due <= ? limit 1')
  const claim = database.prepare(
    `update outbox set due = ?, attempts = attempts + 1
     where seq in (select seq from outbox where destination = ? and due <= ? order by seq limit ?)
     returning seq, id, destination, kind, decision_id, body, at, attempts`,
  )
  const remove = database.prepare('delete from outbox where id = ?')
  const postpone = database.prepare('update outbox set due = ? where id = ?')
  const count = database.prepare('select count(*) as count from outbox where destination = ?')
  const drop = database.prepare('delete from outbox where decision_id = ?')

  return {
    insert: rows => {
      for (const row of rows) insert.run(...row)
    },
    isDue: ({ destination, at }) => first.get(destination, at) !== undefined,
    claim: ({ destination, at, until, limit }) => {
      const rows = claim.all(until, destination, at, limit) as ClaimedRow[]
      // In what order an update gives back its rows is not promised.
      return rows.toSorted((a, b) => a.seq - b.seq).map(claimedItem)
    },
    remove: id => {
      remove.run(id)
    },
    postpone: (id, due) => {
      postpone.run(due, id)
    },
    count: destination => (count.get(destination) as { readonly count: number }).count,
    drop: decisionId => {
      drop.run(decisionId)
    },
  }
}

function claimedItem({ id, destination, kind, decision_id, body, at, attempts }: ClaimedRow): ClaimedItem {
  return { id, destination, kind, decisionId: decision_id, body, at, attempts }
}
