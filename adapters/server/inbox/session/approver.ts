import type { Awaitable } from 'countersign'
import { lineageOf, type Principal } from '../../auth/principal.js'

/** Who answers. */
export interface Approver {
  /** As records show it. */
  readonly name: string
  /** Sees this tenant's calls and nothing else; those of all tenants when absent. */
  readonly tenant?: string
  /** Ids of the credential that they signed in with, and of those that it stems from: what was asked with one of them, they do not answer. @defaultValue none */
  readonly credentials?: readonly string[]
}

/** The approver whose credential it is; nobody, where it is none of an approver. */
export function approverOf(principal: Principal | undefined): Approver | undefined {
  if (principal?.role !== 'approver') return undefined
  const { name, tenant } = principal
  return { name, credentials: lineageOf(principal), ...(tenant === undefined ? {} : { tenant }) }
}

/** Says who a request comes from, where somebody else has signed them in: a proxy, or your own OpenID Connect middleware. */
export type Authenticate = (request: Request) => Awaitable<Approver | undefined>
