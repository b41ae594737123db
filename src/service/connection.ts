import type { Clock } from '../ambient.js'
import type { CircuitChange } from './resilience.js'

/** A request to a service. */
export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From the service's base URL on, with its query: `/actions/evaluate`. Begins with a slash. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Says that a second request is the first one again. */
  readonly idempotencyKey?: string | undefined
  /** In the place of the connection's own: an approver's, which is never the agent's. */
  readonly credential?: Credential | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for everything, retries included. @defaultValue the connection's */
  readonly deadlineMs?: number | undefined
  /** Milliseconds until `signal` is sure to abort: then that is the deadline. */
  readonly remainingMs?: number | undefined
  /** Attempts in all. @defaultValue the connection's */
  readonly attempts?: number | undefined
}

/** What a service answered, with a status of 200 to 299. */
export interface ServiceAnswer {
  readonly status: number
  /** What was in the body; `undefined` where it was empty. */
  readonly json: unknown
}

/** Who asks. A key goes before a token. */
export interface Credential {
  /** Sent as `X-API-Key`. */
  readonly apiKey?: string | undefined
  /** Sent as `Authorization: Bearer`. */
  readonly bearerToken?: string | undefined
}

/** Where a service is, and how it is asked. */
export interface ConnectionOptions extends Credential {
  /** `https`, or `http` on a loopback address. @defaultValue `https://api.bighub.io` */
  readonly baseUrl?: string | undefined
  /** Milliseconds for a request with all its retries. @defaultValue 2_000 */
  readonly deadlineMs?: number | undefined
  readonly retry?: RetryOptions | undefined
  readonly circuitBreaker?: CircuitBreakerOptions | false | undefined
  /** Requests on the wire at once; further ones wait, for no longer than their deadline. @defaultValue 64 */
  readonly maxConcurrent?: number | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

/** When a request is tried again: 408, 409, 425, 429, 5xx, and a connection that failed. */
export interface RetryOptions {
  /** Attempts in all, the first included; 1 tries nothing again. @defaultValue 3 */
  readonly attempts?: number
  /** Milliseconds before the second attempt; doubles after that. @defaultValue 250 */
  readonly baseDelayMs?: number
  /** @defaultValue 2_500 */
  readonly maxDelayMs?: number
  /** The share of a delay that chance adds, so that clients do not return all at once. @defaultValue 0.5 */
  readonly jitter?: number
}

/** When a service is left alone. */
export interface CircuitBreakerOptions {
  /** Attempts in a row that fail until it opens. @defaultValue 5 */
  readonly failures?: number
  /** Milliseconds until one request may find out whether the service is back. @defaultValue 30_000 */
  readonly resetMs?: number
}

/** A way to one service: shared by all who ask it, so that its breaker knows what each of them met. */
export interface ServiceConnection {
  /** Host and port. */
  readonly host: string
  /** Milliseconds for a request that says nothing else. */
  readonly deadlineMs: number
  /** Throws at once while the breaker is open: what cannot be asked costs nothing. */
  readonly assertAvailable: () => void
  /** @throws ServiceError; GovernanceError `invalid-option` for a path without its slash */
  readonly send: (request: ServiceRequest) => Promise<ServiceAnswer>
  /** Hears of the breaker's changes. Returns a function that stops it. */
  readonly onCircuitChange: (listener: (change: CircuitChange) => void) => () => void
  /** Lets idle sockets go. */
  readonly close: () => void
}
