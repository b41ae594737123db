import type { OpenShape, Shape } from './shape.js'

/** Methods that there are routes for. */
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** Method and path; `{name}` is any one segment. */
export type RouteName = `${Method} /${string}`

/** Whose credential a request carries. An agent's never answers what the agent asked. */
export type Role = 'agent' | 'approver'

/** What a request must look like. */
export interface Route {
  /** @defaultValue no parameters */
  readonly query?: Shape
  /** @defaultValue no body */
  readonly body?: Shape | OpenShape
  /** `anyone` needs no credential, `approver` refuses an agent's. @defaultValue whoever has a credential */
  readonly access?: 'anyone' | 'approver'
}

/** Routes by method and path. */
export type Routes = Readonly<Record<RouteName, Route>>
