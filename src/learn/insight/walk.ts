import { nextTurn, present } from '../../ambient.js'
import type { Approval } from '../../approval.js'
import type { DecisionFilter, Store } from '../../store/store.js'
import type { Awaitable, DecisionRecord } from '../../types.js'
import { type Coverage, type InsightFilter, isWanted } from './filter.js'

/** What listings insight asks for. */
export type InsightListing = Pick<DecisionFilter, 'tool' | 'actor' | 'tenant' | 'result' | 'since' | 'before' | 'limit'>

/** Where insight comes from: a store, or what is remembered of one. */
export interface InsightStore extends Pick<Store, 'getApproval'> {
  readonly listDecisions: (filter: InsightListing) => Awaitable<readonly DecisionRecord[]>
  /** Whether there are decisions from `since` on that are older than all it lists. @defaultValue it lists all there are */
  readonly leavesOut?: (since: number | undefined) => boolean
}

/** Receives decisions with the request each of them opened, if any; the newest comes first. */
export type Visit = (record: DecisionRecord, approval: Approval | undefined) => void

/** A page of a store's listing, the largest there is. */
const PAGE = 1000
/** As many as a memory store keeps where nothing is said. */
const USUAL_RECORDS = 100_000

/**
 * Reads decisions page by page, so that never more than a page is held, and lets calls go on in between. A decision that is
 * made meanwhile is not seen.
 *
 * @param withApprovals `false` where nobody asks what people answered
 */
export async function walk(
  store: InsightStore,
  filter: InsightFilter & Pick<DecisionFilter, 'result'>,
  visit: Visit,
  withApprovals = true,
): Promise<Coverage> {
  const { maxRecords = USUAL_RECORDS, tool, actor, tenant, result, since } = filter
  const most = Math.floor(maxRecords)
  const listed = present({ tool, actor, tenant, result, since })
  let [read, decisions] = [0, 0]
  let before: string | undefined
  for (;;) {
    // One more than is wanted: whether there is one is what `truncated` says.
    const limit = Math.min(PAGE, most - read + 1)
    const page = await store.listDecisions({ ...listed, ...present({ before }), limit })
    const within = page.slice(0, most - read)
    const wanted = within.filter(record => isWanted(record, filter))
    const approvals = withApprovals ? await approvalsOf(store, wanted) : []
    for (const [index, record] of wanted.entries()) visit(record, approvals[index])
    read += within.length
    decisions += wanted.length
    if (page.length > within.length) return { decisions, truncated: true }
    if (page.length < limit) return { decisions, truncated: store.leavesOut?.(since) ?? false }
    before = page.at(-1)?.id
    await nextTurn()
  }
}

/** Asked all at once: a store over a network answers them together. */
async function approvalsOf(
  store: InsightStore,
  records: readonly DecisionRecord[],
): Promise<readonly (Approval | undefined)[]> {
  return Promise.all(records.map(async ({ approvalId }) => approvalId && store.getApproval(approvalId))).then(found =>
    found.map(approval => approval || undefined),
  )
}
