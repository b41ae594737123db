import type { Approval, DecisionFilter, DecisionRecord } from 'countersign'
import { type Label, labelOf } from '../../../src/learn/insight/label.js'
import type { Past, PastFilter } from '../history.js'
import type { Service } from '../service.js'

/** A decision with what became of it. */
export interface Decided {
  readonly record: DecisionRecord
  readonly approval: Approval | undefined
  /** What it turned out to be; nothing where nobody said. */
  readonly label: Label | undefined
}

/** Decisions that one question looks at, at most: the newest. */
const MOST_READ = 100_000
/** The first page is short: most lists need no more. */
const FIRST_PAGE = 100
const PAGE = 1000

/** One decision of this tenant. */
export async function decidedOf(service: Service, id: string): Promise<Decided | undefined> {
  const record = await service.governor.decisions.get(id)
  return record === undefined ? undefined : judged(service, record)
}

/** The decisions of this tenant, newest first, one page at a time; at most {@link MOST_READ}, of which dry runs are left out. */
export async function* decisionsOf(
  service: Service,
  filter: Omit<DecisionFilter, 'before' | 'limit'> = {},
  withDryRuns = false,
): AsyncGenerator<Decided, void, undefined> {
  let before: string | undefined
  for (let read = 0; read < MOST_READ;) {
    const limit = read === 0 ? FIRST_PAGE : PAGE
    const within = before === undefined ? filter : { ...filter, before }
    const page = await service.governor.decisions.list({ ...within, limit })
    read += page.length
    // Asked all at once: a store over a network answers them together.
    const wanted = withDryRuns ? page : page.filter(({ dryRun }) => dryRun !== true)
    yield* await Promise.all(wanted.map(async record => judged(service, record)))
    if (page.length < limit) return
    before = page.at(-1)?.id
  }
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

async function judged({ store, outcomes }: Service, record: DecisionRecord): Promise<Decided> {
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
