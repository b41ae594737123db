import type { Approval, DecisionRecord } from 'countersign'
import { type Label, labelOf } from '../../../src/learn/insight/label.js'
import type { Past, PastFilter } from '../past/past.js'
import type { Service } from '../service.js'

/** A decision with what became of it. */
export interface Decided {
  readonly record: DecisionRecord
  readonly approval: Approval | undefined
  /** What it turned out to be; nothing where nobody said. */
  readonly label: Label | undefined
}

/** One decision of this tenant. */
export async function decidedOf(service: Service, id: string): Promise<Decided | undefined> {
  const record = await service.governor.decisions.get(id)
  return record === undefined ? undefined : judged(service, record)
}

/** What became of the decisions that are seen here, dry runs left out, newest first, for figures: from memory, as far as it is known. */
export async function* pastOf(
  { history, sees }: Service,
  filter: Omit<PastFilter, 'tenant'> = {},
): AsyncGenerator<Past, void, undefined> {
  for await (const page of history.pages({ ...filter, tenant: sees })) {
    for (const past of page) if (past.record.dryRun !== true) yield past
  }
}

/** A decision with what became of it. */
export async function judged({ store, outcomes }: Service, record: DecisionRecord): Promise<Decided> {
  const approval = record.approvalId === undefined ? undefined : await store.getApproval(record.approvalId)
  return { record, approval, label: labelOf(record, approval, outcomes) }
}

/** What a list of some length keeps of a sequence. */
export interface Part<T> {
  readonly items: readonly T[]
  /** How many there are; `null` where reading ended before they did. */
  readonly total: number | null
  readonly hasMore: boolean
}

/** A page of a sequence. It is read one further than the page, so that there is more is known, and how many is not. */
export async function partOf<T>(
  all: AsyncIterable<T>,
  { offset = 0, limit = 50 }: { readonly offset?: number; readonly limit?: number },
): Promise<Part<T>> {
  const items: T[] = []
  let seen = 0
  for await (const item of all) {
    if (seen++ < offset) continue
    if (items.length === limit) return { items, total: null, hasMore: true }
    items.push(item)
  }
  return { items, total: seen, hasMore: false }
}
