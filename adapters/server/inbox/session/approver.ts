import type { Awaitable } from 'countersign'

/** Who answers. */
export interface Approver {
  /** As records show it. */
  readonly name: string
  /** Sees this tenant's calls and nothing else; those of all tenants when absent. */
  readonly tenant?: string
}

/** Says who a request comes from, where somebody else has signed them in: a proxy, or your own OpenID Connect middleware. */
export type Authenticate = (request: Request) => Awaitable<Approver | undefined>
