import type { Service } from '../service.js'
import { listDocuments, removal, writeDocuments } from '../documents.js'
import { IDEMPOTENCY } from './repeat.js'

const PAGE = 1000
const MAX_PRUNED = 10_000

type Of = Pick<Service, 'store' | 'clock' | 'tenant'>

/** Which memories of requests are let go of. */
export interface Purging {
  /** Only those that are over anyway. @defaultValue true */
  readonly onlyExpired?: boolean
  /** Only those that are older. @defaultValue of any age */
  readonly olderThanMs?: number
  /** @defaultValue 10_000 */
  readonly limit?: number
}

/** Forgets requests of the service's tenant that were remembered by their `Idempotency-Key`. How many they were. */
export async function purgeIdempotency(
  service: Of,
  { onlyExpired = true, olderThanMs = 0, limit = 10_000 }: Purging = {},
): Promise<number> {
  const now = service.clock.now()
  const expired = await service.store.pruneDocuments({
    kind: IDEMPOTENCY,
    tenant: service.tenant ?? null,
    expiredAt: now,
    limit: Math.min(limit, MAX_PRUNED),
  })
  return onlyExpired ? expired : expired + (await forgetAll(service, now - olderThanMs, limit - expired))
}

async function forgetAll(service: Of, until: number, limit: number): Promise<number> {
  let forgotten = 0
  while (forgotten < limit) {
    const page = await listDocuments(service, { kind: IDEMPOTENCY, limit: PAGE })
    const over = page.filter(({ document }) => document.at <= until).slice(0, limit - forgotten)
    if (over.length === 0 || !(await writeDocuments(service, over.map(removal)))) break
    forgotten += over.length
  }
  return forgotten
}
