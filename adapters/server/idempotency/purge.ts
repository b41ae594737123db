import type { Service } from '../service.js'
import { listDocuments, writeDocuments } from '../documents.js'
import { IDEMPOTENCY } from './repeat.js'

const PAGE = 1000

/** Which memories of requests are let go of. */
export interface Purging {
  /** Only those that are over anyway. @defaultValue true */
  readonly onlyExpired?: boolean
  /** Only those that are older. @defaultValue of any age */
  readonly olderThanMs?: number
  /** @defaultValue 10_000 */
  readonly limit?: number
}

/** Forgets requests that were remembered by their `Idempotency-Key`. How many they were. */
export async function purgeIdempotency(
  service: Service,
  { onlyExpired = true, olderThanMs = 0, limit = 10_000 }: Purging = {},
): Promise<number> {
  const { store, clock } = service
  const now = clock.now()
  const expired = await store.pruneDocuments({ kind: IDEMPOTENCY, expiredAt: now, limit: Math.min(limit, 10_000) })
  let purged = expired
  while (!onlyExpired && purged < limit) {
    const page = await listDocuments(service, { kind: IDEMPOTENCY, limit: PAGE })
    const over = page.filter(({ document }) => document.at <= now - olderThanMs).slice(0, limit - purged)
    if (over.length === 0) break
    const removed = over.map(({ document: { body: _body, ...rest } }) => ({ ...rest, revision: rest.revision + 1 }))
    if (!(await writeDocuments(service, removed))) break
    purged += removed.length
  }
  return purged
}
