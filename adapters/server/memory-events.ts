import type { ExecutionStatus } from 'countersign'
import { listDocuments } from './documents.js'
import type { Service } from './service.js'

type Json = Readonly<Record<string, unknown>>

/** An event as it is kept. */
export interface MemoryEvent extends Json {
  readonly tool: string
  readonly status: ExecutionStatus
  readonly source: string
  /** It tells of a decision that was made here, which is counted already. */
  readonly own: boolean
}

/** An event, and when it came. */
export interface Told {
  readonly at: number
  readonly event: MemoryEvent
}

/** Kind of the documents that hold them. */
export const EVENT = 'memory-event'

const PAGE = 1000
/** Events that are read for one answer. */
const MAX_EVENTS = 10_000
/** Events that are counted. */
const MAX_COUNTED = 100_000
/** Milliseconds after which they are counted anew: others write too, and what is old goes. */
const COUNTED_MS = 300_000

/** The events that came since then, the newest first; at most 10,000. */
export async function eventsOf(service: Service, since: number): Promise<readonly Told[]> {
  const found: Told[] = []
  let before: { id: string; tenant?: string } | undefined
  while (found.length < MAX_EVENTS) {
    const page = await listDocuments<MemoryEvent>(service, { kind: EVENT, limit: PAGE, ...(before && { before }) })
    found.push(...page.flatMap(({ document: { at }, body }) => (at >= since ? [{ at, event: body }] : [])))
    const last = page.at(-1)?.document
    if (last === undefined || page.length < PAGE || last.at < since) break
    before = last
  }
  return found
}

interface Count {
  readonly at: number
  events: number
}

const counts = new WeakMap<Service, Count>()

/** Notes that so many more were stored, and says how many there are: counted a while ago, with those that came here since. */
export async function countStored(service: Service, added: number): Promise<number> {
  const known = counts.get(service)
  const now = service.clock.now()
  if (known !== undefined && Math.abs(now - known.at) < COUNTED_MS) {
    known.events += added
    return known.events
  }
  const events = await counted(service)
  counts.set(service, { at: now, events })
  return events
}

/** Without a look at what is in them. */
async function counted({ store, tenant, clock }: Service): Promise<number> {
  let [events, read] = [0, 0]
  let before: { id: string; tenant?: string } | undefined
  while (read < MAX_COUNTED) {
    const filter = { kind: EVENT, limit: PAGE, ...(tenant !== undefined && { tenant }), ...(before && { before }) }
    const page = await store.listDocuments(filter, clock.now())
    read += page.length
    // Without a tenant, a listing is that of all of them.
    events += page.filter(document => document.tenant === tenant).length
    before = page.at(-1)
    if (page.length < PAGE) break
  }
  return events
}
