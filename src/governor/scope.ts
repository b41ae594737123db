import { forget, isPromiseLike } from '../ambient.js'
import { expect, knownKeys } from '../check.js'
import type { Scope } from '../types.js'

/** A scope with what every call needs. */
export type BoundScope = Scope & { readonly actor: string; readonly traceId: string }

const SCOPE_KEYS = ['actor', 'domain', 'user', 'tenant', 'sessionId', 'traceId', 'model'] satisfies (keyof Scope)[]

/** A narrower scope: what it does not say stays as it was. */
export function narrow(wide: BoundScope, scope: Scope): BoundScope {
  return {
    actor: scope.actor ?? wide.actor,
    domain: scope.domain ?? wide.domain,
    user: scope.user ?? wide.user,
    tenant: scope.tenant ?? wide.tenant,
    sessionId: scope.sessionId ?? wide.sessionId,
    traceId: scope.traceId ?? wide.traceId,
    model: scope.model ?? wide.model,
  }
}

/**
 * Checks a scope: a misspelt `tenant` must not mean no tenant.
 *
 * @throws GovernanceError `invalid-option`
 */
export function checkScope(scope: Scope, place = 'session'): void {
  const isPromise = isPromiseLike(scope)
  if (isPromise) forget(scope)
  expect(!isPromise, place, 'a scope, not a promise of one')
  expect(typeof scope === 'object' && scope !== null, place, 'a scope')
  knownKeys(scope, SCOPE_KEYS, place)
  for (const [field, value] of Object.entries(scope)) {
    expect(value === undefined || typeof value === 'string', `${place}.${field}`, 'a name')
  }
}

const CALL_SCOPE_KEYS = new Set<string>([
  ...SCOPE_KEYS,
  'profile',
  'signal',
  'resumed',
  'answer',
  'said',
  'asks',
  'unaskable',
  'elsewhere',
  'bound',
  'alongside',
  'askedBy',
  'waits',
  'validate',
  'switchTo',
  'outputs',
  'isControlFlow',
])

/**
 * Checks what a caller says of one call; cheaply, as it is asked for every call.
 *
 * @throws GovernanceError `invalid-option`
 */
export function checkCallScope(scope: object): void {
  expect(typeof scope === 'object' && scope !== null && !isPromiseLike(scope), 'scope', 'a scope')
  for (const key in scope) {
    if (!CALL_SCOPE_KEYS.has(key)) knownKeys({ [key]: true }, [...CALL_SCOPE_KEYS], 'scope')
  }
}
