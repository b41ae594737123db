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
