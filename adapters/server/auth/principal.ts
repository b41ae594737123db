import type { Awaitable } from 'countersign'
import type { Role } from '../../../src/service/protocol/route.js'

/** Whoever a credential belongs to. */
export interface Principal {
  /** Of the key, never the key itself. */
  readonly id: string
  /** As records show it: who resolved, who changed a rule. */
  readonly name: string
  readonly role: Role
  /** Whose calls it is for; calls of no tenant when absent. */
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
