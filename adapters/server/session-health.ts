import {
  type Awaitable,
  type Clock,
  type DecisionRecord,
  RecentMap,
  type Store,
  type TrajectoryHealth,
} from 'countersign'
import { chain, isPromiseLike } from '../../src/ambient.js'
import { healthOf, isTroubled, type Share } from '../../src/learn/explain/health.js'

/** What health of sessions is read from. */
interface HealthParts {
  readonly store: Pick<Store, 'listDecisions'>
  readonly clock: Clock
  /** Whose sessions they are; those of no tenant when absent. */
  readonly tenant: string | undefined
}

/** Milliseconds for which it is taken to be known how a session goes, and how the others go. */
const [FRESH_MS, OTHERS_FRESH_MS] = [5000, 10_000]
/** Decisions that are looked back on, of the session and of all. */
const [OF_SESSION, OF_ALL] = [100, 1000]
const MAX_SESSIONS = 4096

interface Shares {
  readonly bySession: ReadonlyMap<string | undefined, Share>
  readonly sum: Share
}

interface Seen<T> {
  /** Epoch milliseconds before it was read. */
  readonly at: number
  /** A promise until it is there. */
  found: Awaitable<T>
}

/** How the sessions of a tenant go, for answers that cannot wait for it to be counted anew each time. */
export class SessionHealth {
  readonly #parts: HealthParts
  readonly #sessions = new RecentMap<string, Seen<Share>>(MAX_SESSIONS)
  #all: Seen<Shares> | undefined

  constructor(parts: HealthParts) {
    this.#parts = parts
  }

  /** How a session goes, as it was five seconds ago at most; `unknown` where it cannot be read. At once where it is known, and never rejects. */
  of(sessionId: string | undefined): Awaitable<TrajectoryHealth['status']> {
    if (sessionId === undefined) return 'unknown'
    const [own, all] = [this.#own(sessionId), this.#others()]
    const health = chain(own, known => chain(all, others => healthIn(known, others, sessionId)))
    if (!isPromiseLike(health)) return health
    return Promise.all([own, all, health]).then(
      ([, , found]) => found,
      () => 'unknown',
    )
  }

  #own(sessionId: string): Awaitable<Share> {
    const known = this.#sessions.get(sessionId)
    if (known !== undefined && this.#isFresh(known.at, FRESH_MS)) return known.found
    const seen = this.#read({ sessionId, limit: OF_SESSION }, records => records.reduce(counted, NONE))
    this.#sessions.set(sessionId, seen)
    return seen.found
  }

  #others(): Awaitable<Shares> {
    if (this.#all === undefined || !this.#isFresh(this.#all.at, OTHERS_FRESH_MS)) {
      this.#all = this.#read({ limit: OF_ALL }, sharesOf)
    }
    return this.#all.found
  }

  #read<T>(
    filter: { readonly sessionId?: string; readonly limit: number },
    fold: (records: readonly DecisionRecord[]) => T,
  ): Seen<T> {
    const { store, clock, tenant = null } = this.#parts
    const reading = async (): Promise<T> => fold(await store.listDecisions({ ...filter, tenant }))
    const seen: Seen<T> = { at: clock.now(), found: reading() }
    Promise.resolve(seen.found).then(found => (seen.found = found), forgotten)
    return seen
  }

  #isFresh(at: number, forMs: number): boolean {
    const age = this.#parts.clock.now() - at
    return age >= 0 && age < forMs
  }
}

function healthIn(own: Share, { bySession, sum }: Shares, sessionId: string): TrajectoryHealth['status'] {
  const { count, n } = bySession.get(sessionId) ?? NONE
  return healthOf(own, { count: sum.count - count, n: sum.n - n })
}

/** Whoever asked has been told. */
function forgotten(): void {
  // It is read anew when it is no longer fresh.
}

const NONE: Share = { count: 0, n: 0 }

function counted(share: Share, record: DecisionRecord): Share {
  const troubled = isTroubled(record)
  return troubled === undefined ? share : added(share, { count: troubled ? 1 : 0, n: 1 })
}

function added(a: Share, b: Share): Share {
  return { count: a.count + b.count, n: a.n + b.n }
}

function sharesOf(records: readonly DecisionRecord[]): Shares {
  const bySession = new Map<string | undefined, Share>()
  for (const record of records)
    bySession.set(record.sessionId, counted(bySession.get(record.sessionId) ?? NONE, record))
  return { bySession, sum: [...bySession.values()].reduce(added, NONE) }
}
