import type { Awaitable, DecisionFilter, DecisionRecord } from 'countersign'
import type { Connection } from './connection.js'
import { pageSize } from './listing.js'

/** Rows that are looked at in one go: some milliseconds. */
const SLICE = 10_000

/**
 * Lists decisions. What no index helps to find may be anywhere among all there are: they are looked through in slices, and where
 * reads are grouped, what else is asked is answered in between.
 */
export function listDecisions({ read, decisions }: Connection, filter: DecisionFilter): Awaitable<DecisionRecord[]> {
  if (!isScanned(filter)) return read(() => decisions.list(filter))
  const most = pageSize(filter.limit)
  const found: DecisionRecord[] = []
  const from = (end: number): Awaitable<DecisionRecord[]> => {
    const slice = { from: end - SLICE, to: end }
    return chain(
      read(() => decisions.list({ ...filter, limit: most - found.length }, slice)),
      part => {
        found.push(...part)
        return found.length >= most || slice.from <= 0 ? found : from(slice.from)
      },
    )
  }
  return chain(
    read(() => decisions.end(filter.before)),
    end => (end === undefined ? [] : from(end)),
  )
}

/** A session has an index; of a tenant that is asked for by itself, every row is one that is wanted. */
function isScanned({ sessionId, tenant, tool, actor, result, status, hasOutcome, since }: DecisionFilter): boolean {
  if (typeof sessionId === 'string') return false
  return tenant === null || [tool, actor, result, status, hasOutcome, since].some(wanted => wanted !== undefined)
}

function chain<T, U>(value: Awaitable<T>, proceed: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(proceed) : proceed(value as T)
}
