import type { AuditEntry, Store } from 'countersign'

/**
 * The last entry of a log, or the last for which `isIn` holds, from one on that is (0: the beginning): found by halving, as a log
 * may be long. What is in must come before what is not.
 */
export async function lastEntry(
  store: Pick<Store, 'readAudit'>,
  from: number,
  isIn: (entry: AuditEntry) => boolean = () => true,
): Promise<number> {
  const isThere = async (seq: number): Promise<boolean> => {
    const [entry] = await store.readAudit({ after: seq - 1, limit: 1 })
    return entry !== undefined && isIn(entry)
  }
  let low = from
  let step = 1
  while (await isThere(low + step)) {
    low += step
    step *= 2
  }
  let high = low + step
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await isThere(middle)) low = middle
    else high = middle
  }
  return low
}
