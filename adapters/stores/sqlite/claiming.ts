import type { Awaitable, ClaimedItem, OutboxClaim, OutboxSettlement } from 'countersign'
import type { Connection } from './connection.js'

/** A claim takes this many at most: the lock is held meanwhile. */
const MOST = 1000

/** Takes items that are due. Looks first whether there are any: who finds none has kept nobody from writing. */
export function claimFrom(connection: Connection, claim: OutboxClaim): Awaitable<readonly ClaimedItem[]> {
  const { read, writer, outbox } = connection
  const limit = Math.min(MOST, Math.floor(claim.limit))
  // Written so that what is not a number claims nothing; to SQLite a limit below 0 is none.
  if (!(limit >= 1)) return []
  const wanted = { ...claim, limit }
  const take = (isDue: boolean): Awaitable<readonly ClaimedItem[]> =>
    isDue ? writer.transaction(() => outbox.claim(wanted)) : []
  const isDue = read(() => outbox.isDue(wanted))
  return typeof isDue === 'boolean' ? take(isDue) : isDue.then(take)
}

/** Removes items, and postpones items, in one transaction. */
export function settleIn({ writer, outbox }: Connection, settlement: OutboxSettlement): Awaitable<void> {
  const done = [...settlement.done]
  const later = (settlement.later ?? []).map(({ id, due }) => ({ id, due }))
  if (done.length + later.length === 0) return
  return writer.transaction(() => {
    for (const id of done) outbox.remove(id)
    for (const { id, due } of later) outbox.postpone(id, due)
  })
}
