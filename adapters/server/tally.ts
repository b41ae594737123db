import type { Approval, ApprovalFilter, DecisionRecord } from 'countersign'
import type { Service } from './service.js'

const PAGE = 1000
/** Records that are read for one answer. */
const MAX_RECORDS = 100_000

/** Requests to people of the service's tenant, newest first. */
export async function* approvalsOf(
  { governor }: Service,
  filter: Omit<ApprovalFilter, 'before' | 'limit'> = {},
): AsyncGenerator<Approval> {
  let before: string | undefined
  for (let read = 0; read < MAX_RECORDS; read += PAGE) {
    const page = await governor.approvals.list({ ...filter, limit: PAGE, ...(before !== undefined && { before }) })
    yield* page
    if (page.length < PAGE) return
    before = page.at(-1)?.id
  }
}

/** How many calls came to what. */
export interface Counts {
  total: number
  allowed: number
  blocked: number
  requires_approval: number
  /** Sum of the values of blocked calls. */
  value_protected: number
}

/** Nothing yet. */
export function noCounts(): Counts {
  return { total: 0, allowed: 0, blocked: 0, requires_approval: 0, value_protected: 0 }
}

/** Counts one more. */
export function count(counts: Counts, { result, value = 0 }: DecisionRecord): void {
  counts.total++
  counts[result]++
  if (result === 'blocked') counts.value_protected += value
}
