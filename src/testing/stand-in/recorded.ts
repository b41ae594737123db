/** A request as it came. */
export interface StandInRequest {
  /** Counts from 1, in the order in which requests were complete. */
  readonly number: number
  readonly method: string
  /** Without its query. */
  readonly path: string
  /** A parameter given more than once is a list. */
  readonly query: Readonly<Record<string, string | readonly string[]>>
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Its body as JSON; `undefined` where it has none, or none that can be read. */
  readonly json: unknown
  /** Its body as it came. */
  readonly text: string
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** Says that it may be sent again. */
  readonly idempotencyKey: string | undefined
  /** Counts from 1: requests with the same number came over the same connection. */
  readonly connection: number
}

/** What goes back. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON; nothing is sent where it is `undefined`. */
  readonly body: unknown
}

/** The parameters of a query, as they are recorded. */
export function recordedQuery(search: URLSearchParams): StandInRequest['query'] {
  return Object.fromEntries(
    [...new Set(search.keys())].map(name => {
      const values = search.getAll(name)
      return [name, values.length > 1 ? values : (values[0] ?? '')]
    }),
  )
}
