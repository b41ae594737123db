import { type ErrorCode, GovernanceError } from '../errors.js'

/** What kind of trouble there was with a service. */
export type ServiceErrorKind =
  /** 401 or 403: the credential is missing, wrong, or may not do this. */
  | 'auth'
  /** 400, 409, 412 or 422: the request was refused; `fields` says where, if the service did. */
  | 'validation'
  /** 404: there is no such thing. */
  | 'not-found'
  /** 429: too many requests; `retryAfterMs` says for how long, if the service did. */
  | 'rate-limit'
  /** No answer in time. */
  | 'timeout'
  /** The connection could not be made, or broke. */
  | 'network'
  /** The circuit breaker is open, or the queue is full: nothing was sent. */
  | 'unavailable'
  /** An answer that is not what it should be. */
  | 'malformed'
  /** Any other status. */
  | 'api'

/** What a service found wrong with one field of a request. */
export interface FieldProblem {
  /** Path of the field, as the service writes it: `actions.0.value`. */
  readonly path: string
  readonly message: string
}

/** What is known of a failed request. */
export interface ServiceFailure {
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined
  /** The service's id of the request, for its support. */
  readonly requestId?: string | undefined
  /** The service's own code of the error. */
  readonly serviceCode?: string | undefined
  readonly fields?: readonly FieldProblem[] | undefined
  /** Milliseconds to wait before the next try. */
  readonly retryAfterMs?: number | undefined
  /** What the service wrote, cut at 500 characters. It may quote what was sent. */
  readonly detail?: string | undefined
  readonly cause?: unknown
}

const CODES: Readonly<Record<ServiceErrorKind, ErrorCode>> = {
  auth: 'service-auth',
  validation: 'service-validation',
  'not-found': 'service-not-found',
  'rate-limit': 'service-rate-limit',
  timeout: 'service-timeout',
  network: 'service-network',
  unavailable: 'service-unavailable',
  malformed: 'service-malformed',
  api: 'service-api',
}

/**
 * A request to a decision service that failed. Its message says what happened in our own words: nothing of the request, the
 * answer or a credential is in it. What the service wrote is in `detail` and `fields`, which are not serialised.
 */
export class ServiceError extends GovernanceError {
  readonly kind: ServiceErrorKind
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly serviceCode: string | undefined
  declare readonly fields: readonly FieldProblem[]
  readonly retryAfterMs: number | undefined
  declare readonly detail: string | undefined

  constructor(kind: ServiceErrorKind, message: string, failure: ServiceFailure = {}) {
    super(CODES[kind], message, { cause: failure.cause })
    this.kind = kind
    this.status = failure.status
    this.requestId = failure.requestId
    this.serviceCode = failure.serviceCode
    this.retryAfterMs = failure.retryAfterMs
    Object.defineProperties(this, { fields: { value: failure.fields ?? [] }, detail: { value: failure.detail } })
  }
}

/** Whether `error` is a {@link ServiceError} (of this `kind`, if one is given); also across two copies of the package. */
export function isServiceError(error: unknown, kind?: ServiceErrorKind): error is ServiceError {
  if (typeof error !== 'object' || error === null || !('kind' in error) || !('code' in error)) return false
  const { kind: found } = error as ServiceError
  return Object.hasOwn(CODES, found) && CODES[found] === error.code && (kind === undefined || found === kind)
}
