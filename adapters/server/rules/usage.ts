import { type Clock, type DecisionRecord, type DocumentStore, RecentMap } from 'countersign'
import { constraintIdOf } from './compile.js'

/** What a rule has done, as decisions tell it. */
interface RuleUsage {
  /** Calls that were let through by decisions in which the rule had a say. */
  readonly allowed: number
  /** Calls that the rule itself blocked. */
  readonly blocked: number
  /** The same, in the last 24 hours, to the minute. */
  readonly allowedToday: number
  readonly blockedToday: number
  /** Epoch milliseconds. */
  readonly lastUsedAt: number | undefined
}

/** What decisions of a tenant tell. */
export interface Tally {
  /** By id of the rule. */
  readonly ofRule: (id: string) => RuleUsage
  /** Decisions of each domain. */
  readonly domains: ReadonlyMap<string, number>
  /** Epoch milliseconds from which on decisions were counted: older ones are too many. */
  readonly since: number | undefined
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const PAGE = 1000
/** Decisions that are read when a tenant is asked about for the first time; from then on, only new ones are. */
const MAX_READ = 100_000
/** Milliseconds by which a decision of another process may come late. */
const LATE_MS = 5000
const MAX_TENANTS = 1000
const MAX_DOMAINS = 1000

/** Counts by minute, of a day. */
class DayCount {
  readonly #minutes = new Map<number, number>()

  add(at: number): void {
    const minute = Math.floor(at / MINUTE_MS)
    this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + 1)
  }

  total(now: number): number {
    let total = 0
    for (const [minute, count] of this.#minutes) {
      if ((minute + 1) * MINUTE_MS <= now - DAY_MS) this.#minutes.delete(minute)
      else total += count
    }
    return total
  }
}

interface Counts {
  allowed: number
  blocked: number
  lastUsedAt: number
  readonly allowedToday: DayCount
  readonly blockedToday: DayCount
}

/** The counts of one tenant, which go on from where they were. */
class TenantTally {
  readonly #rules = new Map<string, Counts>()
  readonly domains = new Map<string, number>()
  since: number | undefined
  #until = 0
  /** Counted already, of the time that is read once more. */
  #recent = new Map<string, number>()
  #reading: Promise<void> | undefined

  /** Reads what is new. Who asks meanwhile waits for the same. */
  async refresh(store: DocumentStore, tenant: string | undefined, now: number): Promise<void> {
    this.#reading ??= this.#read(store, tenant, now)
    try {
      await this.#reading
    } finally {
      this.#reading = undefined
    }
  }

  async #read(store: DocumentStore, tenant: string | undefined, now: number): Promise<void> {
    const since = Math.max(0, this.#until - LATE_MS)
    const filter = { limit: PAGE, ...(tenant === undefined ? {} : { tenant }) }
    let before: string | undefined
    for (let read = 0; ; read += PAGE) {
      const page = await store.listDecisions(before === undefined ? filter : { ...filter, before })
      // A store that is asked for the time itself looks at all it holds, to find no more.
      const late = page.filter(({ at }) => at >= since)
      for (const decision of late) if (decision.tenant === tenant) this.#count(decision, now)
      before = page.at(-1)?.id
      if (page.length < PAGE || late.length === 0) break
      if (read + PAGE < MAX_READ) continue
      this.since = page.at(-1)?.at
      break
    }
    const late = this.#until - LATE_MS
    this.#recent = new Map([...this.#recent].filter(([, at]) => at >= late))
  }

  #count(decision: DecisionRecord, now: number): void {
    const { id, at, domain, result, findings } = decision
    if (decision.dryRun === true || this.#recent.has(id)) return
    this.#recent.set(id, at)
    this.#until = Math.max(this.#until, Math.min(at, now))
    if (domain !== undefined && (this.domains.has(domain) || this.domains.size < MAX_DOMAINS)) {
      this.domains.set(domain, (this.domains.get(domain) ?? 0) + 1)
    }
    const concerned = new Map<string, boolean>()
    for (const finding of findings) {
      const rule = constraintIdOf(finding)
      if (rule !== undefined) concerned.set(rule, concerned.get(rule) === true || finding.effect === 'deny')
    }
    for (const [rule, denied] of concerned) this.#countFor(this.#countsOf(rule), { at, result, denied })
  }

  #countFor(
    counts: Counts,
    {
      at,
      result,
      denied,
    }: { readonly at: number; readonly result: DecisionRecord['result']; readonly denied: boolean },
  ): void {
    counts.lastUsedAt = Math.max(counts.lastUsedAt, at)
    if (result === 'allowed') {
      counts.allowed++
      counts.allowedToday.add(at)
    }
    if (result === 'blocked' && denied) {
      counts.blocked++
      counts.blockedToday.add(at)
    }
  }

  #countsOf(rule: string): Counts {
    const known = this.#rules.get(rule)
    if (known !== undefined) return known
    const counts = { allowed: 0, blocked: 0, lastUsedAt: 0, allowedToday: new DayCount(), blockedToday: new DayCount() }
    this.#rules.set(rule, counts)
    return counts
  }

  usage(rule: string, now: number): RuleUsage {
    const { allowed, blocked, lastUsedAt, allowedToday, blockedToday } = this.#countsOf(rule)
    return {
      allowed,
      blocked,
      allowedToday: allowedToday.total(now),
      blockedToday: blockedToday.total(now),
      lastUsedAt: lastUsedAt === 0 ? undefined : lastUsedAt,
    }
  }
}

/** What the decisions of tenants tell of rules and domains. Read when somebody asks, and from then on only what is new. */
export class Tallies {
  readonly #parts: { readonly store: DocumentStore; readonly clock: Clock }
  readonly #tenants = new RecentMap<string | undefined, TenantTally>(MAX_TENANTS)

  constructor(parts: { readonly store: DocumentStore; readonly clock: Clock }) {
    this.#parts = parts
  }

  async of(tenant: string | undefined): Promise<Tally> {
    const { store, clock } = this.#parts
    const tally = this.#tenants.get(tenant) ?? new TenantTally()
    this.#tenants.set(tenant, tally)
    const now = clock.now()
    await tally.refresh(store, tenant, now)
    return { ofRule: id => tally.usage(id, now), domains: tally.domains, since: tally.since }
  }
}
