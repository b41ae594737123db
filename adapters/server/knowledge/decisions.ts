import type { DecisionFilter } from 'countersign'
import { present } from '../../../src/ambient.js'
import { isPastWanted, type Past, type PastFilter } from '../past/past.js'
import type { Service } from '../service.js'
import { judged } from './decided.js'

/** A decision that was looked at for a list. */
export interface Listed extends Past {
  /** It is known from memory: whatever shows more of it than lists go by reads it again. */
  readonly isBrief: boolean
}

/** Which decisions are listed. */
export interface Choice {
  /** What the store, and the memory, leave out. */
  readonly filter?: Omit<PastFilter, 'tenant'>
  /** Decisions that were dry runs, too. */
  readonly withDryRuns?: boolean
  /** What is left out besides, as soon as it was looked at. */
  readonly isWanted?: (past: Past) => boolean
}

/** Decisions that one question looks at, at most: the newest. */
const MOST_READ = 100_000
/** The first page is short: most lists need no more. */
const FIRST_PAGE = 100
const PAGE = 1000
/** Decisions that are read from the store before memory is asked: of one that was not read yet, more, as its first look takes as long as all of them. */
const [NEAR, NEAR_WHEN_COLD] = [FIRST_PAGE + PAGE, FIRST_PAGE + 12 * PAGE]

/**
 * The decisions that a service sees, newest first; at most {@link MOST_READ} that its filter lets through. The first of them are from
 * the store, most of the others from memory, and those that memory no longer holds from the store again.
 */
export async function* decisionsOf(service: Service, choice: Choice = {}): AsyncGenerator<Listed, void, undefined> {
  const { history } = service
  const reading: Reading = { seen: 0, read: 0, before: undefined, isOver: false }
  // What few get through, a store looks for in all it holds: where memory knows the answer, it is asked for the newest of all.
  const near = history.isRead ? { most: NEAR, isNarrowed: false } : { most: NEAR_WHEN_COLD, isNarrowed: true }
  yield* fromStore(service, choice, reading, near)
  if (reading.isOver) return
  yield* fromMemory(service, choice, reading)
  if (!reading.isOver && reading.read < MOST_READ)
    yield* fromStore(service, choice, reading, { most: Infinity, isNarrowed: true })
}

interface Reading {
  /** Decisions that were listed. */
  seen: number
  /** Those that the filter let through. */
  read: number
  /** The id of the last one that was looked at. */
  before: string | undefined
  isOver: boolean
}

/** One page at a time, until enough was seen or there are no more. `isNarrowed`: the store looks at the filter, and leaves out what it does not let through. */
async function* fromStore(
  service: Service,
  { filter = {}, withDryRuns, isWanted = anything }: Choice,
  reading: Reading,
  { most, isNarrowed }: { readonly most: number; readonly isNarrowed: boolean },
): AsyncGenerator<Listed, void, undefined> {
  while (reading.seen < most) {
    const limit = reading.seen === 0 ? FIRST_PAGE : Math.min(PAGE, MOST_READ - reading.read)
    const listed: DecisionFilter = present({ ...(isNarrowed ? filter : {}), before: reading.before })
    const page = await service.governor.decisions.list({ ...listed, limit })
    const found = page.filter(record => isPastWanted(record, filter))
    reading.seen += page.length
    reading.read += found.length
    reading.before = page.at(-1)?.id
    // Asked all at once: a store over a network answers them together.
    const asked = withDryRuns === true ? found : found.filter(({ dryRun }) => dryRun !== true)
    for (const past of await Promise.all(asked.map(async record => judged(service, record))))
      if (isWanted(past)) yield { ...past, isBrief: false }
    reading.isOver = page.length < limit || reading.read >= MOST_READ
    if (reading.isOver) return
  }
}

/** What memory knows of those that come next: nothing, where it does not know the last one. */
async function* fromMemory(
  { history, sees }: Service,
  { filter = {}, withDryRuns, isWanted = anything }: Choice,
  reading: Reading,
): AsyncGenerator<Listed, void, undefined> {
  for await (const page of history.pages({ ...filter, tenant: sees }, reading.before)) {
    for (const past of page) {
      if (reading.read++ >= MOST_READ) {
        reading.isOver = true
        return
      }
      if ((withDryRuns === true || past.record.dryRun !== true) && isWanted(past)) yield { ...past, isBrief: true }
    }
  }
  if (!history.has(reading.before ?? '')) return
  reading.isOver = !history.isCut
  reading.before = history.oldest
}

function anything(): boolean {
  return true
}
