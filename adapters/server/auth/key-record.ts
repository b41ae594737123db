import { randomBytes } from 'node:crypto'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Role } from '../../../src/service/protocol/route.js'
import { type Problem, problem } from '../../../src/service/protocol/validate.js'
import type { Held } from '../shelf.js'
import { timeOf } from '../wire/time.js'
import { addressProblem } from './addresses.js'
import { isScope, roleOf, SCOPES } from './scopes.js'

/** What is kept of a key: its digest (the document's `ref`), never the key. */
export interface KeyRecord {
  /** How it begins, for people to tell keys apart. */
  readonly prefix: string
  readonly label: string
  readonly role: Role
  readonly scopes: readonly string[]
  readonly ratePerMinute?: number
  readonly addresses?: readonly string[]
  /** Id of the first of the keys that took over from one another. @defaultValue its own */
  readonly family?: string
  /** Families of those it was made by, and of those that made them. @defaultValue none */
  readonly madeBy?: readonly string[]
  readonly createdBy: string
  /** Epoch milliseconds, as all times here. */
  readonly createdAt: number
  readonly expiresAt?: number
  /** Written once a minute at most. */
  readonly lastUsedAt?: number
  readonly revoked?: {
    readonly at: number
    readonly by: string
    readonly reason?: string
    readonly replacedBy?: string
  }
}

/** A key to be made. */
export interface NewKey {
  /** Name of its holder, as records show it. @defaultValue `default` */
  readonly label?: string
  /** What it is good for; one that only approvers may have makes it an approver's. @defaultValue all of its role */
  readonly scopes?: readonly string[]
  /** @defaultValue an approver's where `scopes` say so, else an agent's */
  readonly role?: Role
  /** Whose calls it is for. @defaultValue it reads and reports on those of all tenants, and asks for calls of none */
  readonly tenant?: string
  readonly ratePerMinute?: number
  /** Addresses, or networks as `10.0.0.0/8`. */
  readonly addresses?: readonly string[]
  readonly expiresInDays?: number
}

/** A key just made: the only time that its secret is there. */
export interface CreatedKey {
  readonly id: string
  readonly secret: string
  readonly record: KeyRecord
}

const DAY_MS = 86_400_000
const SECRET_BYTES = 32
const PREFIX_LENGTH = 12
const MAX_LABEL = 200

/** A new secret. */
export function newSecret(): string {
  return `bhk_${randomBytes(SECRET_BYTES).toString('base64url')}`
}

/** What is kept of a new key. @throws Refusal 422, with the place of everything that is wrong */
export function recordOf(secret: string, key: NewKey, by: string, at: number): KeyRecord {
  const problems = keyProblems(key)
  if (problems.length > 0) throw new Refusal(422, problems)
  const { label = 'default', scopes = [], role = roleOf(scopes), ratePerMinute, addresses, expiresInDays } = key
  return {
    ...begunBy(secret, by, at),
    label,
    role,
    scopes: scopes.length === 0 ? SCOPES[role] : [...new Set(scopes)],
    ...(ratePerMinute === undefined ? {} : { ratePerMinute }),
    ...(addresses === undefined || addresses.length === 0 ? {} : { addresses }),
    ...(expiresInDays === undefined ? {} : { expiresAt: at + expiresInDays * DAY_MS }),
  }
}

/** What a key has of its beginning. */
export function begunBy(secret: string, by: string, at: number): Pick<KeyRecord, 'prefix' | 'createdBy' | 'createdAt'> {
  return { prefix: secret.slice(0, PREFIX_LENGTH), createdBy: by, createdAt: at }
}

function keyProblems({ label = 'default', scopes = [], role, addresses = [] }: NewKey): readonly Problem[] {
  const expected = `Input should be one of ${SCOPES.approver.join(', ')}`
  const agentOnly = `An agent's key cannot be good for this; expected ${SCOPES.agent.join(', ')}`
  const scopeProblems = scopes.flatMap((scope, index) => {
    if (!isScope(scope)) return [problem(['body', 'scopes', index], expected, 'enum')]
    const isTooMuch = role === 'agent' && roleOf([scope]) === 'approver'
    return isTooMuch ? [problem(['body', 'scopes', index], agentOnly, 'value_error')] : []
  })
  const addressProblems = addresses.flatMap((entry, index) => {
    const wrong = addressProblem(entry)
    return wrong === undefined ? [] : [problem(['body', 'ip_whitelist', index], wrong, 'value_error')]
  })
  const isLabel = label !== '' && label.length <= MAX_LABEL
  const labelProblem = problem(['body', 'label'], `Input should have 1 to ${MAX_LABEL} characters`, 'value_error')
  return [...(isLabel ? [] : [labelProblem]), ...scopeProblems, ...addressProblems]
}

/** Whether a key is a credential at a time. */
export function isGood({ revoked, expiresAt }: KeyRecord, at: number): boolean {
  return revoked === undefined && (expiresAt === undefined || expiresAt > at)
}

/** A key as clients see it, without the secret. */
export function writeKey({ id, body }: Pick<Held<KeyRecord>, 'id' | 'body'>) {
  return {
    key_id: id,
    key_prefix: body.prefix,
    label: body.label,
    role: body.role,
    scopes: body.scopes,
    rate_limit_per_minute: body.ratePerMinute ?? null,
    ip_whitelist: body.addresses ?? [],
    created_by: body.createdBy,
    created_at: timeOf(body.createdAt),
    expires_at: time(body.expiresAt),
    last_used_at: time(body.lastUsedAt),
    revoked: body.revoked !== undefined,
    revoked_at: time(body.revoked?.at),
    revoked_by: body.revoked?.by ?? null,
    revoked_reason: body.revoked?.reason ?? null,
    replaced_by: body.revoked?.replacedBy ?? null,
  }
}

function time(at: number | undefined): string | null {
  return at === undefined ? null : timeOf(at)
}
