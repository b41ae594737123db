import type { Held } from '../shelf.js'
import { timeOf } from '../wire/time.js'
import type { Constraint } from './constraint.js'

/** A constraint as it is kept. Its version is the document's revision. */
export interface RuleRecord {
  readonly constraint: Constraint
  readonly status: 'active' | 'paused'
  /** Epoch milliseconds, as all times here. */
  readonly createdAt: number
  readonly createdBy: string
  readonly updatedAt: number
  readonly updatedBy: string
}

/** What was done to a rule. */
export type RuleChange = 'created' | 'updated' | 'patch_applied' | 'paused' | 'resumed' | 'deleted'

/** A version of a rule, kept for good: what it was then, and how it came about. */
export interface RuleVersion extends RuleRecord {
  readonly ruleId: string
  readonly version: number
  readonly change: RuleChange
  readonly reason?: string
  readonly patchHash?: string
}

/** Fields of a written rule that nobody changes by writing to them. */
export const FIXED_FIELDS: ReadonlySet<string> = new Set([
  'rule_id',
  'version',
  'created_at',
  'created_by',
  'updated_at',
  'updated_by',
])

/** A rule as clients see it. */
export function writeRule({ id, revision, body }: Pick<Held<RuleRecord>, 'id' | 'revision' | 'body'>) {
  const { constraint, status, createdAt, createdBy, updatedAt, updatedBy } = body
  return {
    rule_id: id,
    description: null,
    require_approval_above: null,
    min_value: null,
    max_per_hour: null,
    cooldown_seconds: null,
    allowed_hours_start: null,
    allowed_hours_end: null,
    tags: [],
    metadata: {},
    ...constraint,
    status,
    version: revision,
    created_at: timeOf(createdAt),
    created_by: createdBy,
    updated_at: timeOf(updatedAt),
    updated_by: updatedBy,
  }
}

/** A version of a rule as clients see it. */
export function writeVersion({ ruleId, version, change, reason, patchHash, ...body }: RuleVersion) {
  const rule = writeRule({ id: ruleId, revision: version, body })
  return { ...rule, change, reason: reason ?? null, patch_hash: patchHash ?? null }
}
