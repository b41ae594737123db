import {
  type Clock,
  definePolicy,
  type GovernorOptions,
  loadPolicy,
  type Policy,
  type PolicySource,
  RecentMap,
  type Rule,
  rule,
} from 'countersign'
import type { Held } from '../shelf.js'
import { rulesOf } from './compile.js'
import type { RuleRecord } from './record.js'

/** Milliseconds for which rules that were read are taken to be the rules: a change made in another process holds within. */
const FRESH_MS = 1000
/** Tenants whose compiled rules are at hand. */
const MAX_TENANTS = 1000

/** What live rules need. */
export interface LiveRuleParts {
  /** The rules that hold besides, for all tenants. */
  readonly base: GovernorOptions['policy']
  /** What people have made of a tenant's rules. */
  readonly list: (tenant: string | undefined) => Promise<readonly Held<RuleRecord>[]>
  readonly clock: Clock
}

interface Compiled {
  readonly base: Policy
  /** Ids and versions of the rules in it. */
  readonly of: string
  readonly policy: Policy
}

interface Known {
  /** Epoch milliseconds before they were read. */
  readonly at: number
  readonly compiled: Compiled | Promise<Compiled>
}

/** The policy of a service: its own, and the constraints that people have put on a tenant's calls. */
export class LiveRules implements PolicySource {
  readonly name: string
  readonly #parts: LiveRuleParts
  readonly #base: Policy | PolicySource
  readonly #known = new RecentMap<string | undefined, Known>(MAX_TENANTS)
  /** Kept when the rest is forgotten: rules that have not changed are not compiled again. */
  readonly #compiled = new RecentMap<string | undefined, Compiled>(MAX_TENANTS)

  constructor(parts: LiveRuleParts) {
    this.#parts = parts
    this.#base = baseOf(parts.base)
    this.name = this.#base.name ?? 'policy'
  }

  current(tenant: string | undefined): Policy | Promise<Policy> {
    const at = this.#parts.clock.now()
    const known = this.#known.get(tenant)
    // A clock may go back.
    if (known !== undefined && at >= known.at && at - known.at < FRESH_MS) return policyIn(known.compiled)
    const reading = this.#read(tenant)
    const entry: Known = { at, compiled: reading }
    this.#known.set(tenant, entry)
    return this.#settled(tenant, entry, reading)
  }

  /** The next decision of this tenant, in this process, reads its rules. */
  forget(tenant: string | undefined): void {
    this.#known.delete(tenant)
  }

  async #settled(tenant: string | undefined, entry: Known, reading: Promise<Compiled>): Promise<Policy> {
    try {
      const compiled = await reading
      if (this.#known.get(tenant) === entry) this.#known.set(tenant, { ...entry, compiled })
      return compiled.policy
    } catch (error) {
      if (this.#known.get(tenant) === entry) this.#known.delete(tenant)
      throw error
    }
  }

  async #read(tenant: string | undefined): Promise<Compiled> {
    const base = 'current' in this.#base ? await this.#base.current(tenant) : this.#base
    let rules: readonly Held<RuleRecord>[]
    try {
      rules = await this.#parts.list(tenant)
    } catch (error) {
      return { base, of: '', policy: failing(base, error) }
    }
    const active = rules.filter(({ body }) => body.status === 'active').toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const of = active.map(({ id, revision }) => `${id}@${revision}`).join(' ')
    const before = this.#compiled.get(tenant)
    if (before !== undefined && before.base === base && before.of === of) return before
    const own = active.flatMap(({ id, body }) => rulesOf(id, body.constraint))
    const compiled = { base, of, policy: definePolicy({ name: base.name, rules: [...base.rules, ...own] }) }
    this.#compiled.set(tenant, compiled)
    return compiled
  }
}

async function policyOf(reading: Promise<Compiled>): Promise<Policy> {
  return (await reading).policy
}

function policyIn(compiled: Compiled | Promise<Compiled>): Policy | Promise<Policy> {
  return compiled instanceof Promise ? policyOf(compiled) : compiled.policy
}

/** What the server's own rules say still counts; the rest is an evaluation that cannot be made. */
function failing(base: Policy, cause: unknown): Policy {
  const fails = (): boolean => {
    throw new Error('the rules could not be read', { cause })
  }
  return definePolicy({
    name: base.name,
    rules: [...base.rules, rule('rules-unavailable', { when: fails, effect: 'deny' })],
  })
}

/** @throws GovernanceError `invalid-policy` */
function baseOf(option: GovernorOptions['policy']): Policy | PolicySource {
  if (option === undefined) return definePolicy({ rules: [] })
  if (typeof option === 'string') return loadPolicy(option)
  if (isRules(option)) return definePolicy({ rules: option })
  if ('current' in option || 'rulesFor' in option) return option
  return definePolicy(option)
}

function isRules(option: object): option is readonly Rule[] {
  return Array.isArray(option)
}
