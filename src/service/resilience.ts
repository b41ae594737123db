import type { CircuitBreakerPolicy, IPolicy, IRetryContext } from 'cockatiel'
import type { Clock } from '../ambient.js'
import type { CircuitBreakerOptions, RetryOptions } from './connection.js'
import { isServiceError, type ServiceError } from './errors.js'
import { serviceError } from './failure.js'

/** A change of a circuit breaker. */
export interface CircuitChange {
  /** Host and port of the service. */
  readonly host: string
  /** `closed`: requests are sent. `open`: none is. `half-open`: one may find out. */
  readonly state: 'closed' | 'open' | 'half-open'
}

/** What guards the way to a service. */
export interface ResilienceOptions {
  readonly retry: Required<RetryOptions>
  readonly circuitBreaker: Required<CircuitBreakerOptions> | undefined
  readonly maxConcurrent: number
  readonly clock: Clock
  readonly onChange: (state: CircuitChange['state']) => void
}

/** One attempt at a request. */
type Attempt<T> = (signal: AbortSignal) => Promise<T>

/** What an attempt may take part in. */
interface AttemptLimits {
  readonly signal: AbortSignal
  /** Attempts in all. */
  readonly attempts: number
  /** Epoch milliseconds: a delay that ends later is not begun. */
  readonly until: number
}

/** Retries around a circuit breaker around a limit on concurrency. */
export interface Resilience {
  readonly assertAvailable: () => void
  /** Never waits for the attempt itself once the signal aborted: whoever calls races it. */
  readonly run: <T>(attempt: Attempt<T>, limits: AttemptLimits) => Promise<T>
}

/** So many requests may wait for their turn. */
const MAX_QUEUED = 10_000
const RETRIED = new Set([408, 409, 425, 429])

/** Built on cockatiel, which measures time by the machine's clock: what takes time is handed to it as delays of our own. */
export async function createResilience(options: ResilienceOptions): Promise<Resilience> {
  const { bulkhead, handleWhen, noop, retry, wrap } = await import('cockatiel')
  const breaker = await breakerOf(options)
  const inner = wrap(breaker?.policy ?? noop, bulkhead(options.maxConcurrent, MAX_QUEUED))
  const retries = new Map<number, IPolicy<IRetryContext>>()
  const retrying = (attempts: number): IPolicy<IRetryContext> => {
    const known = retries.get(attempts)
    if (known !== undefined) return known
    const made = retry(handleWhen(isRetried), { maxAttempts: attempts - 1 })
    retries.set(attempts, made)
    return made
  }

  return {
    assertAvailable: () => breaker?.assertAvailable(),
    run: async <T>(attempt: Attempt<T>, { signal, attempts, until }: AttemptLimits): Promise<T> => {
      const once = (): Promise<T> => inner.execute(() => attempt(signal), signal)
      if (attempts <= 1) return once().catch(translate)
      let last: ServiceError | undefined
      return retrying(attempts)
        .execute(async ({ attempt: tried }) => {
          if (last !== undefined) await pause(last, tried, until, signal, options)
          breaker?.assertAvailable()
          try {
            return await once()
          } catch (error) {
            if (isServiceError(error)) last = error
            throw error
          }
        }, signal)
        .catch(translate)
    },
  }
}

/** Whether a request may go better the next time. */
function isRetried(error: unknown): boolean {
  if (!isServiceError(error)) return false
  const { kind, status = 0 } = error
  return kind === 'network' || status >= 500 || RETRIED.has(status)
}

/** What speaks of the service, and not of the request. */
function isFault(error: unknown): boolean {
  if (!isServiceError(error)) return false
  const { kind, status = 0 } = error
  return kind === 'network' || kind === 'timeout' || kind === 'malformed' || status >= 500
}

interface Breaker {
  readonly policy: CircuitBreakerPolicy
  readonly assertAvailable: () => void
}

async function breakerOf({ circuitBreaker, clock, onChange }: ResilienceOptions): Promise<Breaker | undefined> {
  if (circuitBreaker === undefined) return undefined
  const { CircuitState, ConsecutiveBreaker, circuitBreaker: breaker, handleWhen } = await import('cockatiel')
  let openedAt = 0
  let openMs = 0
  const mayFindOut = (): boolean => {
    const sinceMs = clock.now() - openedAt
    // A clock may go back.
    return sinceMs < 0 || sinceMs >= openMs
  }
  // Asked for its duration each time: no time at all once the injected clock says so.
  const untilReset = {
    get duration(): number {
      return mayFindOut() ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    },
    next: ({ result }: { readonly result: object }) => {
      openedAt = clock.now()
      // Who was to find out and did not leaves it to the next one.
      openMs = 'error' in result && isFault(result.error) ? circuitBreaker.resetMs : 0
      return untilReset
    },
  }
  // Made once: an error takes longer to make than a decision.
  const unavailable = serviceError('unavailable')
  const { failures } = circuitBreaker
  const isUnanswered = (error: unknown): boolean => policy.state === CircuitState.HalfOpen && !isServiceError(error)
  const policy: CircuitBreakerPolicy = breaker(
    handleWhen(error => isFault(error) || isUnanswered(error)),
    {
      halfOpenAfter: untilReset,
      breaker: new ConsecutiveBreaker(failures),
    },
  )
  policy.onStateChange(state => {
    onChange(state === CircuitState.Closed ? 'closed' : state === CircuitState.HalfOpen ? 'half-open' : 'open')
  })
  return {
    policy,
    assertAvailable: () => {
      const { state } = policy
      if (state === CircuitState.Closed) return
      // While one finds out, the others do not wait for it.
      if (state === CircuitState.HalfOpen || !mayFindOut()) throw unavailable
    },
  }
}

/** Waits as long as the service asked for, else for longer each time; not at all where the time would be over by then. */
async function pause(
  last: ServiceError,
  tried: number,
  until: number,
  signal: AbortSignal,
  { retry: { baseDelayMs, maxDelayMs, jitter }, clock }: ResilienceOptions,
): Promise<void> {
  const delay = Math.min(maxDelayMs, baseDelayMs * 2 ** (tried - 1))
  const ms = Math.max(last.retryAfterMs ?? 0, delay * (1 + jitter * chance()))
  if (clock.now() + ms >= until) throw new GaveUp(last)
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      cancel()
      reject(signal.reason as Error)
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** Nothing is tried again after this, whatever it was. */
class GaveUp extends Error {
  readonly last: ServiceError

  constructor(last: ServiceError) {
    super('no time is left')
    this.last = last
  }
}

/** A share of 1, from the runtime's source of chance. */
function chance(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1))
  return word / 2 ** 32
}

/** cockatiel's own errors in our words. */
function translate(error: unknown): never {
  if (error instanceof GaveUp) throw error.last
  const { isBrokenCircuitError, isBulkheadRejectedError } = error as {
    readonly isBrokenCircuitError?: true
    readonly isBulkheadRejectedError?: true
  }
  if (isBrokenCircuitError === true || isBulkheadRejectedError === true)
    throw serviceError('unavailable', { cause: error })
  throw error
}
