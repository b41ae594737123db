import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Route, RouteName } from '../../../src/service/protocol/route.js'
import { isListed } from './addresses.js'
import type { GuardedKeys } from './guarded-keys.js'
import type { Principal } from './principal.js'
import { scopeOf } from './scopes.js'

/** What is known of a request before it is read. */
export interface Caller {
  readonly header: (name: string) => string | undefined
  /** Where it comes from, if the runtime says so. */
  readonly address: string | undefined
}

/**
 * Whose credential a request carries. A key goes before a token; a wrong key is not made good by a right token.
 *
 * @throws Refusal 401 without a credential that is known, 403 for one that is not good for this, or not from there;
 * 429 where too many wrong ones came from there
 */
export async function authenticate(
  keys: GuardedKeys,
  { header, address }: Caller,
  route: Pick<Route, 'access'> & { readonly route: RouteName },
): Promise<Principal | undefined> {
  const secret = header('x-api-key') ?? /^bearer (.+)$/i.exec(header('authorization') ?? '')?.[1]
  const principal = secret === undefined ? undefined : await keys.find(secret, address)
  if (route.access === 'anyone') return principal
  if (secret === undefined) {
    throw new Refusal(401, { code: 'missing_credential', message: 'Send a key as X-API-Key, or as a bearer token' })
  }
  if (principal === undefined) {
    throw new Refusal(401, { code: 'invalid_credential', message: 'The credential is not known, revoked or over' })
  }
  const { addresses, role, scopes } = principal
  if (addresses !== undefined && !isListed(address, addresses)) {
    throw new Refusal(403, { code: 'address_not_allowed', message: 'This key may not be used from this address' })
  }
  if (route.access === 'approver' && role !== 'approver') {
    throw new Refusal(403, {
      code: 'forbidden',
      message: 'An agent may not do this: use the credential of an approver',
    })
  }
  const scope = scopeOf(route)
  if (scope !== undefined && scopes !== undefined && !scopes.includes(scope)) {
    throw new Refusal(403, { code: 'insufficient_scope', message: `This key is not good for ${scope}` })
  }
  return principal
}
