import { createHash } from 'node:crypto'
import { applyPatch, isSame, type PatchOperation } from '../../../src/service/protocol/json-patch.js'
import { conflict, Refusal } from '../../../src/service/protocol/refusal.js'
import type { Held } from '../shelf.js'
import { type Constraint, constraintOf, fieldsOf } from './constraint.js'
import { FIXED_FIELDS, type RuleRecord, writeRule } from './record.js'

/** What a client last saw of a rule that it wants to change. */
export interface Expected {
  /** @defaultValue whatever it is at */
  readonly version?: number | undefined
  /** `If-Match`: `W/"rule:{id}:v{n}"`, or `*`. */
  readonly tag?: string | undefined
}

/** The tag of a rule as it is. */
function tagOf({ id, revision }: Pick<Held<RuleRecord>, 'id' | 'revision'>): string {
  return `W/"rule:${id}:v${revision}"`
}

/** @throws Refusal 409 for a version that is not the newest, 412 where only the header says so */
export function checkExpected(rule: Held<RuleRecord>, { version, tag }: Expected): void {
  const { revision } = rule
  if (version !== undefined && version !== revision) {
    throw conflict('version_conflict', `the rule is at version ${revision}, and not at ${version}: read it again`)
  }
  if (tag !== undefined && tag !== '*' && tag !== tagOf(rule)) {
    throw conflict('precondition_failed', `the rule is at version ${revision}: its tag is ${tagOf(rule)}`, 412)
  }
}

/** What a patch makes of a rule. */
export interface PatchedRule {
  readonly constraint: Constraint
  readonly status: RuleRecord['status']
  /** Fields that are not what they were. */
  readonly changed: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[]
}

/** Patches a rule as clients see it. @throws Refusal 422 where the patch cannot be done, or would make no rule */
export function patchRule(rule: Held<RuleRecord>, operations: readonly PatchOperation[]): PatchedRule {
  const before: Readonly<Record<string, unknown>> = writeRule(rule)
  const patched = applyPatch(before, operations)
  if ('problem' in patched) throw new Refusal(422, { code: 'invalid_patch', message: patched.problem })
  const after = fieldsOf(patched.value)
  const changed = Object.keys({ ...before, ...after })
    .filter(field => !isSame(before[field] ?? null, after[field] ?? null))
    .map(field => ({ field, before: before[field] ?? null, after: after[field] ?? null }))
  const fixed = changed.find(({ field }) => FIXED_FIELDS.has(field))
  if (fixed !== undefined) {
    throw new Refusal(422, { code: 'invalid_patch', message: `/${fixed.field} cannot be changed` })
  }
  const { status, ...rest } = after
  if (status !== 'active' && status !== 'paused') {
    throw new Refusal(422, { code: 'invalid_patch', message: '/status must be "active" or "paused"' })
  }
  const fields = Object.entries(rest).filter(([field]) => !FIXED_FIELDS.has(field))
  return { constraint: constraintOf(Object.fromEntries(fields)), status, changed }
}

/** Names a patch: the same for the same operations on the same version. */
export function patchHash(rule: Held<RuleRecord>, operations: readonly PatchOperation[]): string {
  const text = JSON.stringify([rule.id, rule.revision, operations])
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
