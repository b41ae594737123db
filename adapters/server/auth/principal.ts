import type { Awaitable } from 'countersign'
import type { Role } from '../../../src/service/protocol/route.js'

/** Whoever a credential belongs to. */
export interface Principal {
  /** Of the key, never the key itself. */
  readonly id: string
  /** Of the first of the keys that took over from one another by rotation: what is remembered of a credential goes by it. @defaultValue its id */
  readonly family?: string
  /** Families of the keys that it was made by, those too that made them: whoever holds one of them may know this key. @defaultValue none */
  readonly madeBy?: readonly string[]
  /** Epoch milliseconds from which on it is no credential. @defaultValue never */
  readonly expiresAt?: number
  /** As records show it: who resolved, who changed a rule. */
  readonly name: string
  readonly role: Role
  /** Whose calls it is for. Without one, it reads and reports on those of all tenants, and asks for calls of none. */
  readonly tenant?: string
  /** Requests it may make in a minute. @defaultValue as the server has it */
  readonly maxRequestsPerMinute?: number
  /** What it is good for. @defaultValue everything that its role may do */
  readonly scopes?: readonly string[]
  /** Addresses, or networks as `10.0.0.0/8`, that it may be used from. @defaultValue anywhere */
  readonly addresses?: readonly string[]
}

/** Knows credentials. */
export interface Keys {
  /** The holder of a secret; nobody's where it is not known, revoked or over. */
  readonly find: (secret: string) => Awaitable<Principal | undefined>
}

/** What is remembered of a credential goes by this. */
export function familyOf({ id, family = id }: Pick<Principal, 'id' | 'family'>): string {
  return family
}

/** The families of a credential and of what it stems from: an answer that comes with it may be that of a holder of any of them. */
export function lineageOf(principal: Pick<Principal, 'id' | 'family' | 'madeBy'>): readonly string[] {
  return [familyOf(principal), ...(principal.madeBy ?? [])]
}
