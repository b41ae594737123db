import type { Awaitable } from '../../types.js'
import type { OpenShape, Shape } from './shape.js'
import type { World } from './world.js'

/** Methods that there are endpoints for. */
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** Whose credential a request carries. An agent's never answers what the agent asked. */
export type Role = 'agent' | 'approver'

/** One row of a table: what a request must look like, and what it comes to. */
export interface Endpoint {
  /** Method and path; `{name}` is any one segment. */
  readonly route: `${Method} /${string}`
  /** @defaultValue no parameters */
  readonly query?: Shape
  /** @defaultValue no body */
  readonly body?: Shape | OpenShape
  /** `anyone` needs no credential, `approver` refuses an agent's. @defaultValue whoever has a credential */
  readonly access?: 'anyone' | 'approver'
  /** The body of the answer, or what makes it. @throws Refusal */
  readonly answer: ((exchange: Exchange) => Awaitable<unknown>) | Readonly<Record<string, unknown>> | readonly unknown[]
}

/** A request that was found to be in order. */
export interface Exchange {
  readonly world: World
  /** Segments that the path left open, by name. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly role: Role
}

/** A request that cannot be served, and what the service says of it. */
export class Refusal extends Error {
  readonly status: number
  /** Text, `{ code, message }`, or a list of problems. */
  readonly detail: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, detail: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`refused with status ${status}`)
    this.status = status
    this.detail = detail
    this.headers = headers
  }
}

/** There is no such thing. */
export function notFound(what: string): Refusal {
  return new Refusal(404, { code: 'not_found', message: `${what} not found` })
}

/** Two that cannot both be. */
export function conflict(code: string, message: string, status: 409 | 412 = 409): Refusal {
  return new Refusal(status, { code, message })
}
