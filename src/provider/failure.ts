import { GovernanceError, type ErrorCode } from '../errors.js'
import type { ModelTarget } from './request.js'

/** What kind of trouble there was with a model. */
export type ModelFailureKind =
  /** The connection could not be made, or broke. Tried again. */
  | 'network'
  /** No answer, no first chunk or no next chunk in time. Tried again, unless a stream had begun. */
  | 'timeout'
  /** 429. Tried again. */
  | 'rate-limit'
  /** 5xx. Tried again. */
  | 'server'
  /** 429 because nothing is left to spend at the provider. */
  | 'quota'
  /** An answer that is not what it should be. */
  | 'malformed'
  /** 401 or 403. No other model is asked. */
  | 'auth'
  /** Any other status of 400 to 499: the request itself is wrong. No other model is asked. */
  | 'request'
  /** The circuit breaker of the model is open: nothing was sent. */
  | 'circuit'
  /** The queue before the model is full, or the wait in it took too long: nothing was sent. */
  | 'busy'
  /** It would cost more than a budget has left: nothing was sent. */
  | 'budget'
  /** The caller's signal. */
  | 'cancelled'
  /** Whatever else. */
  | 'unknown'

/** Kinds that are errors of ours. */
export type OwnFailureKind = 'timeout' | 'circuit' | 'busy' | 'budget'

/** What is known of a failure of ours. */
export interface ModelFailure {
  readonly kind: OwnFailureKind
  readonly target: ModelTarget
  /** Name of the budget that is exceeded. */
  readonly budget?: string | undefined
  readonly cause?: unknown
}

const CODES: Readonly<Record<OwnFailureKind, ErrorCode>> = {
  timeout: 'model-timeout',
  circuit: 'model-unavailable',
  busy: 'model-busy',
  budget: 'budget-exceeded',
}

/** A request to a model that came to nothing on our side. What a provider says is thrown as the provider's client says it. */
export class ModelError extends GovernanceError {
  readonly kind: OwnFailureKind
  readonly provider: string
  readonly model: string
  /** Name of the budget that is exceeded. */
  readonly budget: string | undefined

  constructor(message: string, { kind, target, budget, cause }: ModelFailure) {
    super(CODES[kind], message, { cause })
    this.kind = kind
    this.provider = target.provider
    this.model = target.model
    this.budget = budget
  }
}

/** Whether `error` is a {@link ModelError} (of this `kind`, if one is given); also across two copies of the package. */
export function isModelError(error: unknown, kind?: OwnFailureKind): error is ModelError {
  if (typeof error !== 'object' || error === null || !('kind' in error) || !('code' in error)) return false
  const { kind: found } = error as ModelError
  return Object.hasOwn(CODES, found) && CODES[found] === error.code && (kind === undefined || found === kind)
}
