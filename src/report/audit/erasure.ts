import type { AuditDraft } from '../../audit-entry.js'
import { GovernanceError, suggestion } from '../../errors.js'
import type { Awaitable, Decision } from '../../types.js'
import { FORMAT, PERSONAL_FIELDS, type PersonalField, writeDraft } from './commitments.js'

/** Which fields of a call are to be erased, by whom and why. */
export interface ErasureRequest {
  readonly decisionId: string
  /** Names of personal fields. */
  readonly fields: readonly string[]
  readonly by: string
  readonly reason: string
}

/** Personal fields of a call are erased, at `at`. That they were is on record for good. */
export function auditErasure(
  { decisionId, fields, by, reason }: ErasureRequest,
  { tenant }: Pick<Decision, 'tenant'>,
  at: number,
): Awaitable<AuditDraft> {
  const facts = { v: FORMAT, kind: 'erasure', at, decisionId, tenant, fields } as const
  return writeDraft(facts, { erasedBy: by, erasureReason: reason })
}

/**
 * The fields to erase: those that were named, and with an input what was changed in it.
 *
 * @throws GovernanceError `invalid-call` for an unknown name, as a misspelt one must not mean that nothing is erased; and
 *   where something is missing
 */
export function fieldsToErase({ fields, by, reason }: ErasureRequest): readonly string[] {
  for (const [name, value] of Object.entries({ by, reason })) {
    if (typeof value !== 'string' || value === '') throw refused(`\`${name}\` is missing; expected a non-empty string`)
  }
  if (!Array.isArray(fields) || fields.length === 0) throw refused('`fields` is missing; expected a list of names')
  for (const field of fields) {
    if (PERSONAL_FIELDS.includes(field as PersonalField)) continue
    const meant = suggestion(String(field), PERSONAL_FIELDS)
    throw refused(`${JSON.stringify(field)} is no personal field; known are ${PERSONAL_FIELDS.join(', ')}.${meant}`)
  }
  return fields.includes('input') && !fields.includes('changes') ? [...fields, 'changes'] : fields
}

function refused(message: string): GovernanceError {
  return new GovernanceError('invalid-call', `audit.erase: ${message}`)
}
