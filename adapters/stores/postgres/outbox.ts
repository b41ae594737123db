import type { ClaimedItem, OutboxClaim, OutboxItem, OutboxSettlement } from 'countersign'
import { plain, text } from './encode.js'
import type { Row } from './pool-like.js'
import type { Session } from './session.js'

/** A claim takes this many at most. */
const MOST = 1000

/** An item as the server takes it; it is due from its own time on. */
export function itemFields({ id, destination, kind, decisionId, body, at }: OutboxItem): object {
  return {
    id: text(id),
    destination: text(destination),
    kind: text(kind),
    decision: text(decisionId),
    body: text(body),
    at: String(at),
  }
}

/** Takes items that are due, and passes over those that somebody else is about to take. */
export async function claimOutbox({ schema, write }: Session, claim: OutboxClaim): Promise<readonly ClaimedItem[]> {
  const { destination, at, until, limit } = claim
  const size = Math.min(MOST, Math.floor(limit))
  // Written so that what is not a number claims nothing.
  if (!(size >= 1) || Number.isNaN(at)) return []
  const rows = await write(
    'claim outbox',
    `with taken as materialized (
       select seq from ${schema}.outbox where destination = $1 and due <= $2 order by seq limit $4 for update skip locked
     )
     update ${schema}.outbox o set due = $3, attempts = o.attempts + 1 from taken where o.seq = taken.seq
     returning o.seq, o.id, o.destination, o.kind, o.decision_id, o.body, o.at, o.attempts`,
    text(destination),
    at,
    until,
    size,
  )
  // In what order an update gives back its rows is not promised.
  return rows.toSorted((a, b) => Number(a['seq']) - Number(b['seq'])).map(claimedItem)
}

/** Removes items, and postpones items, in one statement. */
export async function settleOutbox({ schema, write }: Session, settlement: OutboxSettlement): Promise<void> {
  const done = settlement.done.map(text)
  const later = new Map((settlement.later ?? []).map(({ id, due }) => [text(id), String(due)]))
  for (const id of done) later.delete(id)
  if (done.length + later.size === 0) return
  await write(
    'settle outbox',
    `with told as (delete from ${schema}.outbox where id = any($1::text[]))
     update ${schema}.outbox o set due = postponed.due
     from unnest($2::text[], $3::float8[]) as postponed (id, due) where o.id = postponed.id`,
    done,
    [...later.keys()],
    [...later.values()],
  )
}

/** How many items wait for a destination. */
export async function countOutbox({ schema, read }: Session, destination: string): Promise<number> {
  const sql = `select count(*) as count from ${schema}.outbox where destination = $1`
  const [row] = await read('count outbox', sql, text(destination))
  return Number(row?.['count'])
}

/** Drops what is about a decision. Reads all there is, as it is seldom asked. */
export async function dropFromOutbox({ schema, write }: Session, decisionId: string): Promise<void> {
  await write('drop from outbox', `delete from ${schema}.outbox where decision_id = $1`, text(decisionId))
}

function claimedItem(row: Row): ClaimedItem {
  const of = (name: string): string => plain(row[name] ?? '')
  return {
    id: of('id'),
    destination: of('destination'),
    kind: of('kind'),
    decisionId: of('decision_id'),
    body: of('body'),
    at: Number(row['at']),
    attempts: Number(row['attempts']),
  }
}
