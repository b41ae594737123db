import { systemClock } from '../../ambient.js'
import type { AuditEntry } from '../../audit-entry.js'
import type { AuditRange, Store } from '../../store/store.js'

const PAGE = 1000

/** The entries of a store, oldest first, page by page; others get their turn between pages. */
export async function* entriesOf(
  store: Pick<Store, 'readAudit'>,
  { after = 0, ...range }: Pick<AuditRange, 'after' | 'decisionId'> = {},
): AsyncGenerator<AuditEntry, void, undefined> {
  let last = after
  for (;;) {
    const page = await store.readAudit({ ...range, after: last, limit: PAGE })
    yield* page
    if (page.length < PAGE) return
    last = page.at(-1)?.seq ?? last
    await new Promise<void>(resolve => {
      systemClock.after(0, resolve)
    })
  }
}

/** The entry of a number; the first after it, where that one was let go of. */
export async function entryAt(store: Pick<Store, 'readAudit'>, seq: number): Promise<AuditEntry | undefined> {
  const [entry] = await store.readAudit({ after: seq - 1, limit: 1 })
  return entry
}

/** The last entry, if there is one after `seq`. Numbers have no gaps, so a few looks find it in a log of any length. */
export async function lastEntry(store: Pick<Store, 'readAudit'>, seq: number): Promise<AuditEntry | undefined> {
  let last = await entryAt(store, seq + 1)
  if (last === undefined) return undefined
  let step = 1
  for (let found = await entryAt(store, last.seq + step); found !== undefined;) {
    last = found
    step *= 2
    found = await entryAt(store, last.seq + step)
  }
  // Nothing is at `end`, nor beyond.
  let end = last.seq + step
  while (last.seq + 1 < end) {
    const middle = Math.floor((last.seq + end) / 2)
    const found = await entryAt(store, middle)
    if (found === undefined) end = middle
    else last = found
  }
  return last
}
