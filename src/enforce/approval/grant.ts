import { present } from '../../ambient.js'
import type { Approval, Grant } from '../../approval.js'
import { expect, knownKeys } from '../../check.js'
import { GovernanceError } from '../../errors.js'
import { compileConditions, type Condition } from '../../evaluate/condition.js'
import { placeIn } from '../../evaluate/place.js'
import type { Conditions } from '../../evaluate/rule.js'
import type { EvaluationRequest } from '../../types.js'

/** "Do not ask again for this", as an approver says it. */
export interface GrantOptions {
  /** Conditions in a rule's words. One at least speaks of the input, unless `anyInput` is set. */
  readonly when: Conditions
  /** Milliseconds for which it holds. */
  readonly expiresInMs: number
  /** How many calls it lets through. */
  readonly maxUses: number
  /** Largest value of one call. @defaultValue the value of the call it is given with, if that has one */
  readonly maxValue?: number
  /** Also calls of other sessions. @defaultValue false */
  readonly anySession?: boolean
  /** Says in so many words that every input of the tool is meant. @defaultValue false */
  readonly anyInput?: boolean
}

const KEYS = ['when', 'expiresInMs', 'maxUses', 'maxValue', 'anySession', 'anyInput'] satisfies (keyof GrantOptions)[]
const PLACE = 'grant'

/**
 * The grant that an approver gives with an approval.
 *
 * @throws GovernanceError `invalid-option` for one that names no argument, no end or no number of uses; `invalid-policy`
 * for a condition that is none
 */
export function writeGrant(id: string, approval: Approval, options: GrantOptions, by: string, at: number): Grant {
  expect(typeof options === 'object' && options !== null, PLACE, '{ when, expiresInMs, maxUses }')
  knownKeys(options, KEYS, PLACE)
  const {
    when,
    expiresInMs,
    maxUses,
    maxValue = isEdited(approval) ? undefined : approval.value,
    anySession = false,
    anyInput = false,
  } = options
  expect(typeof when === 'object' && when !== null, `${PLACE}.when`, 'conditions by path')
  expect(
    anyInput || Object.entries(when).some(([path, comparison]) => path.startsWith('input.') && isPattern(comparison)),
    `${PLACE}.when`,
    'a condition on the input, such as { "input.customer": { eq: "c-7" } }; set `anyInput: true` if every input of the tool is meant',
  )
  conditionsOf(when)
  expect(Number.isFinite(expiresInMs) && expiresInMs > 0, `${PLACE}.expiresInMs`, 'milliseconds above 0')
  expect(Number.isInteger(maxUses) && maxUses >= 1, `${PLACE}.maxUses`, 'a whole number of 1 or more')
  expect(maxValue === undefined || Number.isFinite(maxValue), `${PLACE}.maxValue`, 'a number')
  expect(
    maxValue !== undefined || !isEdited(approval) || approval.value === undefined,
    `${PLACE}.maxValue`,
    'a number, because the call was changed and its own value no longer says how much is meant',
  )
  const { actor, tenant, user, sessionId, policyVersion } = approval
  return {
    id,
    revision: 1,
    tool: approval.call.name,
    when,
    actor,
    policyVersion,
    by,
    at,
    expiresAt: at + expiresInMs,
    maxUses,
    uses: 0,
    approvalId: approval.id,
    ...present({ maxValue, tenant, user, sessionId: anySession ? undefined : sessionId }),
  }
}

/** Whether a grant lets a call through. What a condition cannot tell does not count for it. */
export function covers(grant: Grant, request: EvaluationRequest, policyVersion: string): boolean {
  const { session, value } = request
  return (
    grant.revoked === undefined &&
    grant.uses < grant.maxUses &&
    request.at < grant.expiresAt &&
    grant.policyVersion === policyVersion &&
    grant.tool === request.tool &&
    grant.actor === request.actor &&
    grant.tenant === session.tenant &&
    (grant.user === undefined || grant.user === session.user) &&
    (grant.sessionId === undefined || grant.sessionId === session.id) &&
    (grant.maxValue === undefined || (value !== undefined && value <= grant.maxValue)) &&
    conditionsOf(grant.when as Conditions).every(holds => holds(request) === true)
  )
}

/** One use of a grant. */
export function use(grant: Grant): Grant {
  return { ...grant, revision: grant.revision + 1, uses: grant.uses + 1 }
}

/** Ends a grant. @throws GovernanceError `not-pending` when it was revoked before */
export function revoke(grant: Grant, by: string, at: number): Grant {
  if (grant.revoked !== undefined)
    throw new GovernanceError('not-pending', `Grant "${grant.id}" was revoked by "${grant.revoked.by}".`)
  return { ...grant, revision: grant.revision + 1, revoked: { by, at } }
}

function conditionsOf(when: Conditions): readonly Condition[] {
  return Object.keys(when).length === 0
    ? []
    : compileConditions(
        when,
        placeIn(() => 'grant.when'),
      )
}

/** Comparisons that all but one input would pass, or all that are there, narrow nothing. */
const WIDE = new Set(['exists', 'ne', 'notIn'])

function isPattern(comparison: unknown): boolean {
  if (typeof comparison !== 'object' || comparison === null) return true
  return Object.keys(comparison).some(name => !WIDE.has(name))
}

function isEdited(approval: Approval): boolean {
  return 'edit' in approval && approval.edit !== undefined
}
