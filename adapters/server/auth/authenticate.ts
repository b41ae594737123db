import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Route } from '../../../src/service/protocol/route.js'
import type { Keys, Principal } from './principal.js'

/**
 * Whose credential a request carries. A key goes before a token; a wrong key is not made good by a right token.
 *
 * @throws Refusal 401 without a credential that is known, 403 for an agent's where an approver's is needed
 */
export async function authenticate(
  keys: Keys,
  header: (name: string) => string | undefined,
  { access }: Pick<Route, 'access'>,
): Promise<Principal | undefined> {
  const secret = header('x-api-key') ?? /^bearer (.+)$/i.exec(header('authorization') ?? '')?.[1]
  const principal = secret === undefined ? undefined : await keys.find(secret)
  if (access === 'anyone') return principal
  if (secret === undefined) {
    throw new Refusal(401, { code: 'missing_credential', message: 'Send a key as X-API-Key, or as a bearer token' })
  }
  if (principal === undefined) {
    throw new Refusal(401, { code: 'invalid_credential', message: 'The credential is not known, revoked or over' })
  }
  if (access === 'approver' && principal.role !== 'approver') {
    throw new Refusal(403, {
      code: 'forbidden',
      message: 'An agent may not do this: use the credential of an approver',
    })
  }
  return principal
}
