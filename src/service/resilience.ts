import type { CircuitBreakerPolicy, IPolicy, IRetryContext } from 'cockatiel'
import { chance, type Clock } from '../ambient.js'
import type { CircuitBreakerOptions, RetryOptions } from './connection.js'

/** A change of a circuit breaker. */
export interface CircuitChange {
  /** Host and port of the service. */
  readonly host: string
  /** `closed`: requests are sent. `open`: none is. `half-open`: one may find out. */
  readonly state: 'closed' | 'open' | 'half-open'
}

/** What errors say, of whatever is asked. */
export interface FailureRules {
  /** Whether a request may go better the next time. */
  readonly isRetried: (error: unknown) => boolean
  /** Whether it speaks of the other side, and not of the request: such errors open the breaker. */
  readonly isFault: (error: unknown) => boolean
  /** Whether it speaks neither for nor against the other side: who was to find out whether that is back has not. */
  readonly saysNothing: (error: unknown) => boolean
  /** Milliseconds that the other side asked to be left alone for. */
  readonly retryAfterMs: (error: unknown) => number | undefined
  /** The error of what is not sent, because the breaker is open or the queue is full. */
  readonly unavailable: (cause?: unknown) => Error
}

/** What guards the way to a service. */
export interface ResilienceOptions {
  readonly retry: Required<RetryOptions>
  readonly circuitBreaker: Required<CircuitBreakerOptions> | undefined
  /** Attempts at once; without a number, any number of them. */
  readonly maxConcurrent?: number | undefined
  readonly failures: FailureRules
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
  /** Waited for before each attempt, outside of what the breaker sees. */
  readonly ready?: ((signal: AbortSignal) => Promise<void>) | undefined
  /** Hears of each delay before it begins. */
  readonly onDelay?: ((ms: number, error: unknown) => void) | undefined
}

/** Retries around a circuit breaker around a limit on concurrency. */
export interface Resilience {
  readonly assertAvailable: () => void
  /** Never waits for the attempt itself once the signal aborted: whoever calls races it. */
  readonly run: <T>(attempt: Attempt<T>, limits: AttemptLimits) => Promise<T>
}

/** So many requests may wait for their turn. */
const MAX_QUEUED = 10_000

/** Built on cockatiel, which measures time by the machine's clock: what takes time is handed to it as delays of our own. */
export async function createResilience(options: ResilienceOptions): Promise<Resilience> {
  const { bulkhead, handleWhen, noop, retry, wrap } = await import('cockatiel')
  const { failures, maxConcurrent } = options
  const breaker = await breakerOf(options)
  const atOnce = maxConcurrent === undefined ? noop : bulkhead(maxConcurrent, MAX_QUEUED)
  const inner = wrap(breaker?.policy ?? noop, atOnce)
  const translate = (error: unknown): never => {
    throw inOurWords(error, failures)
  }
  const retries = new Map<number, IPolicy<IRetryContext>>()
  const retrying = (attempts: number): IPolicy<IRetryContext> => {
    const known = retries.get(attempts)
    if (known !== undefined) return known
    const made = retry(handleWhen(failures.isRetried), { maxAttempts: attempts - 1 })
    retries.set(attempts, made)
    return made
  }

  return {
    assertAvailable: () => breaker?.assertAvailable(),
    run: async <T>(attempt: Attempt<T>, limits: AttemptLimits): Promise<T> => {
      const { signal, attempts, ready } = limits
      const once = (): Promise<T> => inner.execute(() => attempt(signal), signal)
      if (attempts <= 1) return (ready === undefined ? once() : ready(signal).then(once)).catch(translate)
      let failed: Failed | undefined
      return retrying(attempts)
        .execute(async ({ attempt: tried }) => {
          if (failed !== undefined) await pause(failed, tried, limits, options)
          breaker?.assertAvailable()
          if (ready !== undefined) await ready(signal)
          try {
            return await once()
          } catch (error) {
            failed = { error }
            throw error
          }
        }, signal)
        .catch(translate)
    },
  }
}

/** How the last attempt ended. */
interface Failed {
  readonly error: unknown
}

interface Breaker {
  readonly policy: CircuitBreakerPolicy
  readonly assertAvailable: () => void
}

async function breakerOf({
  circuitBreaker,
  failures: rules,
  clock,
  onChange,
}: ResilienceOptions): Promise<Breaker | undefined> {
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
      openMs = 'error' in result && rules.isFault(result.error) ? circuitBreaker.resetMs : 0
      return untilReset
    },
  }
  // Made once: an error takes longer to make than a decision.
  const unavailable = rules.unavailable()
  const { failures } = circuitBreaker
  const counts = (error: unknown): boolean =>
    rules.isFault(error) || (policy.state === CircuitState.HalfOpen && rules.saysNothing(error))
  const policy: CircuitBreakerPolicy = breaker(handleWhen(counts), {
    halfOpenAfter: untilReset,
    breaker: new ConsecutiveBreaker(failures),
  })
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
  { error }: Failed,
  tried: number,
  { signal, until, onDelay }: AttemptLimits,
  { retry: { baseDelayMs, maxDelayMs, jitter }, failures, clock }: ResilienceOptions,
): Promise<void> {
  const delay = Math.min(maxDelayMs, baseDelayMs * 2 ** (tried - 1))
  const ms = Math.max(failures.retryAfterMs(error) ?? 0, delay * (1 + jitter * chance()))
  if (clock.now() + ms >= until) throw new GaveUp(error)
  onDelay?.(ms, error)
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
  readonly last: unknown

  constructor(last: unknown) {
    super('no time is left')
    this.last = last
  }
}

/** cockatiel's own errors in our words; all others as they are. */
function inOurWords(error: unknown, { unavailable }: FailureRules): unknown {
  if (error instanceof GaveUp) return error.last
  const { isBrokenCircuitError, isBulkheadRejectedError } = (error ?? {}) as {
    readonly isBrokenCircuitError?: true
    readonly isBulkheadRejectedError?: true
  }
  return isBrokenCircuitError === true || isBulkheadRejectedError === true ? unavailable(error) : error
}
