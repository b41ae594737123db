import { hash } from 'node:crypto'
import { GovernanceError } from 'countersign'
import type { Role } from '../../../src/service/protocol/route.js'
import type { Keys, Principal } from './principal.js'

/** A credential that is known from the start. */
export interface InitialKey {
  /** The secret, as clients send it. One that can be guessed is none: `keyWeakness` tells. */
  readonly key: string
  /** Whose: an agent asks and reports; an approver also answers, writes rules and switches the kill switch off. */
  readonly role: Role
  /** Name of its holder, as records show it. @defaultValue the role */
  readonly name?: string
  /** Whose calls it is for. @defaultValue it reads and reports on those of all tenants, and asks for calls of none */
  readonly tenant?: string
}

/**
 * Credentials that are known from the start. They are kept as digests: looking one up tells nothing by the time it takes.
 *
 * @throws GovernanceError `invalid-option` for one that is no text, or empty
 */
export function initialKeys(keys: readonly InitialKey[]): Keys {
  for (const [index, { key }] of keys.entries()) {
    if (typeof (key as unknown) === 'string' && key !== '') continue
    const how = 'such as `openssl rand -base64 32` makes'
    throw new GovernanceError(
      'invalid-option',
      `Option \`keys[${index}].key\`: expected a text that is not empty, ${how}.`,
    )
  }
  const known = new Map<string, Principal>(
    keys.map(({ key, role, name = role, tenant }) => {
      const digest = digestOf(key)
      return [digest, { id: `key_${digest.slice(0, 12)}`, name, role, ...(tenant === undefined ? {} : { tenant }) }]
    }),
  )
  return { find: secret => known.get(digestOf(secret)) }
}

/** What is kept of a secret. */
export function digestOf(secret: string): string {
  return hash('sha256', secret)
}
