import { randomUUID } from 'node:crypto'
import type { StoredDocument } from 'countersign'
import { conflict, notFound } from '../../../src/service/protocol/refusal.js'
import { type DocumentParts, type Held, lostRace, Shelf } from '../shelf.js'
import type { ChangeLog } from '../audit/changes.js'
import { constraintOf, type Constraint } from './constraint.js'
import type { RuleChange, RuleRecord, RuleVersion } from './record.js'

/** Rules of one tenant at most: a decision asks them all. */
const MAX_RULES = 1000
/** A write that others keep overtaking is given up after so many. */
const MAX_ATTEMPTS = 8

/** Who changes rules, of which tenant. */
export interface RuleActor {
  readonly by: string
  readonly tenant: string | undefined
}

/** A change to be made. */
export interface Revision {
  readonly change: RuleChange
  /** What the rule becomes; nothing removes it. @throws Refusal where it cannot be */
  readonly revise: (rule: Held<RuleRecord>) => Pick<RuleRecord, 'constraint' | 'status'> | undefined
  readonly reason?: string
  readonly patchHash?: string
}

/** What the rule store needs. */
export interface RuleStoreParts extends DocumentParts {
  readonly changes: ChangeLog
  /** Told of each change to the rules of a tenant, once it is stored. */
  readonly changed: (tenant: string | undefined) => void
}

/** The rules of all tenants, each with its versions. */
export class RuleStore {
  readonly #parts: RuleStoreParts
  readonly #rules: Shelf<RuleRecord>
  readonly #versions: Shelf<RuleVersion>

  constructor(parts: RuleStoreParts) {
    this.#parts = parts
    this.#rules = new Shelf(parts, 'rule')
    this.#versions = new Shelf(parts, 'rule-version')
  }

  /** Oldest first. */
  async list(tenant: string | undefined): Promise<readonly Held<RuleRecord>[]> {
    return (await this.#rules.list(tenant)).toReversed()
  }

  /** @throws Refusal 404 */
  async get(tenant: string | undefined, id: string): Promise<Held<RuleRecord>> {
    const rule = await this.#rules.get(tenant, id)
    if (rule === undefined) throw notFound('rule')
    return rule
  }

  /** Of a rule, that may be deleted, newest first. @throws Refusal 404 where there never was one */
  async versions(tenant: string | undefined, id: string, limit: number): Promise<readonly RuleVersion[]> {
    const versions: RuleVersion[] = []
    for await (const { body } of this.#versions.each(tenant, id)) {
      versions.push(body)
      if (versions.length === limit) break
    }
    if (versions.length === 0) throw notFound('rule')
    return versions
  }

  /** Every version of every rule, newest first. */
  history(tenant: string | undefined): AsyncGenerator<Held<RuleVersion>, void, undefined> {
    return this.#versions.each(tenant)
  }

  /** @throws Refusal 422; 409 for one too many */
  async create({ by, tenant }: RuleActor, constraint: Constraint): Promise<Held<RuleRecord>> {
    if ((await this.#rules.list(tenant)).length >= MAX_RULES) {
      throw conflict('too_many_rules', `there are ${MAX_RULES} rules: delete one first, or widen one with a pattern`)
    }
    const at = this.#parts.clock.now()
    const body: RuleRecord = {
      constraint,
      status: 'active',
      createdAt: at,
      createdBy: by,
      updatedAt: at,
      updatedBy: by,
    }
    const id = `rule_${randomUUID()}`
    const document = this.#rules.first(tenant, id, body)
    const rule = { ...document, body }
    const version = this.#versionOf(rule, { change: 'created' })
    if (!(await this.#written({ by, tenant }, undefined, [document, version]))) throw lostRace('the rule')
    return rule
  }

  /** Changes a rule as it is now, or says why not. Nothing is lost where several do. @throws what `revise` throws; Refusal 404, 409, 422 */
  async revise({ by, tenant }: RuleActor, id: string, revision: Revision): Promise<Held<RuleRecord>> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const before = await this.get(tenant, id)
      const revised = revision.revise(before)
      if (revised?.status !== 'active') await this.#unlessStopping(tenant, id)
      const updated = { updatedAt: this.#parts.clock.now(), updatedBy: by }
      const body: RuleRecord = {
        ...before.body,
        ...revised,
        ...updated,
        ...(revised && { constraint: constraintOf({ ...revised.constraint }) }),
      }
      const after = { ...before, revision: before.revision + 1, body }
      const document = this.#rules.next(before, revised === undefined ? undefined : body)
      const version = this.#versionOf(after, revision)
      if (await this.#written({ by, tenant }, before, [document, version])) return after
    }
    throw lostRace('the rule')
  }

  /** A switch on a rule stops what the rule is about: without the rule it would stop nothing, and nobody would notice. @throws Refusal 409 */
  async #unlessStopping(tenant: string | undefined, id: string): Promise<void> {
    const switches = await this.#parts.store.killSwitches()
    if (!switches.some(({ rule, tenant: of }) => rule === id && of === tenant)) return
    const instead = 'switch it off first, or throw one for the domain'
    throw conflict(
      'kill_switch_on',
      `a kill switch stops the calls of this rule, and would stop none without it: ${instead}`,
    )
  }

  #versionOf(rule: Held<RuleRecord>, { change, reason, patchHash }: Omit<Revision, 'revise'>): StoredDocument {
    const { id, tenant, revision, body } = rule
    const version: RuleVersion = {
      ...body,
      ruleId: id,
      version: revision,
      change,
      ...(reason === undefined ? {} : { reason }),
      ...(patchHash === undefined ? {} : { patchHash }),
    }
    return this.#versions.first(tenant, `${id}:v${revision}`, version, { ref: id })
  }

  /** Writes a rule and its version, which says what was done, with an entry of the audit log. */
  async #written(
    { by, tenant }: RuleActor,
    before: Held<RuleRecord> | undefined,
    [rule, version]: readonly [rule: StoredDocument, version: StoredDocument],
  ): Promise<boolean> {
    const {
      ruleId: id,
      version: revision,
      change: step,
      reason,
      ...made
    } = JSON.parse(version.body ?? '') as RuleVersion
    const { constraint, status, createdAt, createdBy, updatedAt, updatedBy } = made
    const after = { constraint, status, createdAt, createdBy, updatedAt, updatedBy }
    const said = { subject: 'rule', id, tenant, step, revision, by, reason, before: before?.body } as const
    const change = rule.body === undefined ? said : { ...said, after }
    try {
      const audit = await this.#parts.changes.of(this.#parts.clock.now(), [change])
      return await this.#rules.commitWith(audit, rule, version)
    } finally {
      // Whether it was stored or not: a commit that failed may have been.
      this.#parts.changed(tenant)
    }
  }
}
