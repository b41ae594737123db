/** A request as it goes on the wire. */
export interface WireRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | undefined
}

/** An answer as it came, whatever its status. */
export interface WireAnswer {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly text: string
}

/** Carries requests to one origin. */
export interface Transport {
  /** Rejects with the signal's reason when it aborts, and with whatever breaks the connection. Never follows a redirect: it could lead a credential elsewhere. */
  readonly exchange: (request: WireRequest, signal: AbortSignal) => Promise<WireAnswer>
  /** Lets idle sockets go. */
  readonly close: () => void
}

/** An answer that is longer is refused before it is read. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024

/** An answer was longer than {@link MAX_ANSWER_BYTES}. */
export class TooLong extends Error {
  override readonly name = 'TooLong'
}
