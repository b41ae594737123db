import { type Clock, systemClock } from '../ambient.js'
import { expect, invalid, knownKeys } from '../check.js'
import { readBaseUrl } from './base-url.js'
import type { CircuitBreakerOptions, ConnectionOptions, Credential, RetryOptions } from './connection.js'

const DEFAULT_BASE_URL = 'https://api.bighub.io'
const DEFAULT_DEADLINE_MS = 2000
/** Enough for every call of a few model turns, and few enough that a service that has just come back is not run over. */
const DEFAULT_MAX_CONCURRENT = 64
const DEFAULT_RETRY: Required<RetryOptions> = { attempts: 3, baseDelayMs: 250, maxDelayMs: 2500, jitter: 0.5 }
const DEFAULT_BREAKER: Required<CircuitBreakerOptions> = { failures: 5, resetMs: 30_000 }

/** The options of a connection, for whoever takes them with others. */
export const CONNECTION_KEYS = [
  'apiKey',
  'bearerToken',
  'baseUrl',
  'deadlineMs',
  'retry',
  'circuitBreaker',
  'maxConcurrent',
  'clock',
] as const satisfies (keyof ConnectionOptions)[]

/** Options with every default filled in. */
export interface ResolvedConnection extends Credential {
  readonly origin: URL
  readonly deadlineMs: number
  readonly retry: Required<RetryOptions>
  readonly circuitBreaker: Required<CircuitBreakerOptions> | undefined
  readonly maxConcurrent: number
  readonly clock: Clock
}

/**
 * Checks the options of a connection and fills in the defaults; other options are not looked at.
 *
 * @throws GovernanceError `invalid-option`
 */
export function resolveConnection(options: ConnectionOptions, place: string): ResolvedConnection {
  checkCredential(options, place)
  const { apiKey, bearerToken, deadlineMs, retry, circuitBreaker, maxConcurrent, clock } = options
  expectMs(deadlineMs, `${place}.deadlineMs`)
  expectCount(maxConcurrent, `${place}.maxConcurrent`)
  if (retry !== undefined) checkRetry(retry, `${place}.retry`)
  if (circuitBreaker !== undefined && circuitBreaker !== false) checkBreaker(circuitBreaker, `${place}.circuitBreaker`)
  return {
    apiKey,
    bearerToken,
    origin: readBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL, `${place}.baseUrl`),
    deadlineMs: deadlineMs ?? DEFAULT_DEADLINE_MS,
    retry: { ...DEFAULT_RETRY, ...retry },
    circuitBreaker: circuitBreaker === false ? undefined : { ...DEFAULT_BREAKER, ...circuitBreaker },
    maxConcurrent: maxConcurrent ?? DEFAULT_MAX_CONCURRENT,
    clock: clock ?? systemClock,
  }
}

/** @throws GovernanceError `invalid-option`, without the credential: it may be one with a slip in it */
function checkCredential({ apiKey, bearerToken }: Credential, place: string): void {
  if (apiKey === undefined && bearerToken === undefined)
    throw invalid(place, 'expected `apiKey` or `bearerToken`; neither is given')
  for (const [name, credential] of Object.entries({ apiKey, bearerToken })) {
    const isCredential = typeof credential === 'string' && /^[\x21-\x7e]+$/.test(credential)
    expect(credential === undefined || isCredential, `${place}.${name}`, 'visible ASCII characters without spaces')
  }
}

/** @throws GovernanceError `invalid-option` */
export function checkRetry(retry: RetryOptions, option: string): void {
  knownKeys(retry, Object.keys(DEFAULT_RETRY), option)
  expectCount(retry.attempts, `${option}.attempts`)
  expectMs(retry.baseDelayMs, `${option}.baseDelayMs`)
  expectMs(retry.maxDelayMs, `${option}.maxDelayMs`)
  const { jitter = 0 } = retry
  expect(typeof jitter === 'number' && jitter >= 0 && jitter <= 1, `${option}.jitter`, 'a share from 0 to 1')
}

/** @throws GovernanceError `invalid-option` */
export function checkBreaker(breaker: CircuitBreakerOptions, option: string): void {
  knownKeys(breaker, Object.keys(DEFAULT_BREAKER), option)
  expectCount(breaker.failures, `${option}.failures`)
  expectMs(breaker.resetMs, `${option}.resetMs`)
}

/** @throws GovernanceError `invalid-option` */
export function expectMs(value: number | undefined, option: string): void {
  expect(value === undefined || (typeof value === 'number' && value > 0), option, 'milliseconds above 0')
}

/** @throws GovernanceError `invalid-option` */
export function expectCount(value: number | undefined, option: string): void {
  expect(value === undefined || (Number.isInteger(value) && value >= 1), option, 'a whole number of 1 or more')
}
