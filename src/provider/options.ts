import { type Clock, present, systemClock } from '../ambient.js'
import { expect, invalid, knownKeys } from '../check.js'
import type { CircuitBreakerOptions, RetryOptions } from '../service/connection.js'
import { checkBreaker, checkRetry, expectCount, expectMs } from '../service/connection-options.js'
import type { Store } from '../store/store.js'
import { type Budget, type BudgetOptions, resolveBudget } from './budget-options.js'
import type { ByModel } from './by-model.js'
import { type CacheOptions, type ResolvedCache, resolveCache } from './cache.js'
import { estimateTokens } from './estimate.js'
import type { ModelListener } from './events.js'
import { checkLimits, type ModelLimits, type QueueOptions } from './limiter.js'
import { checkPrices, type Prices } from './prices.js'

/** How long a request may take. */
export interface TimeoutOptions {
  /** Milliseconds for everything: waiting, all attempts, all models, and a stream to its end. @defaultValue 300_000 */
  readonly totalMs?: number
  /** Milliseconds for one attempt that is answered at once. @defaultValue 120_000 */
  readonly attemptMs?: number
  /** Milliseconds until a stream's first chunk. @defaultValue 60_000 */
  readonly firstChunkMs?: number
  /** Milliseconds between two chunks; the time that the reader takes does not count. @defaultValue 30_000 */
  readonly chunkMs?: number
}

/** How models are asked. Whatever is left out has a default, and `docs/provider.md` says what that means in the worst case. */
export interface ProviderGuardOptions {
  readonly timeouts?: TimeoutOptions
  /** Connections that fail, timeouts, 429 and 5xx are tried again. @defaultValue 3 attempts at a model, 500 ms doubling up to 8_000 ms, jitter 0.5 */
  readonly retry?: RetryOptions
  /** Per provider and model. @defaultValue open after 5 failures in a row, for 30_000 ms */
  readonly circuitBreaker?: CircuitBreakerOptions | false
  /** By model: `provider/model`, `model`, or `*` for each of all others. @defaultValue no limits */
  readonly limits?: ByModel<ModelLimits>
  readonly queue?: QueueOptions
  /** By model, per million tokens. */
  readonly prices?: Prices
  /** @defaultValue none */
  readonly budgets?: readonly BudgetOptions[]
  /** Counts budgets for all processes that share it: a governor's own store, or another. @defaultValue this process alone */
  readonly store?: Store
  /** Gives answers again to requests that are exactly the same. @defaultValue `false` */
  readonly cache?: CacheOptions | boolean
  /** How many tokens a request has, tools and all. @defaultValue a guess: four letters to a token, on the high side */
  readonly estimateTokens?: (body: unknown) => number
  /** What is set aside for an answer whose request names no maximum. @defaultValue 4_096 */
  readonly expectedOutputTokens?: number
  /** Hears of everything. Never waited for. */
  readonly onEvent?: ModelListener
  /** @defaultValue the machine's clock */
  readonly clock?: Clock
}

/** Options with every default filled in. */
export interface ResolvedGuard {
  readonly timeouts: Required<TimeoutOptions>
  readonly retry: Required<RetryOptions>
  readonly circuitBreaker: Required<CircuitBreakerOptions> | undefined
  readonly limits: ByModel<ModelLimits>
  readonly queue: { readonly maxWaiting: number; readonly maxWaitMs: number | undefined }
  readonly prices: Prices
  readonly budgets: readonly Budget[]
  readonly store: Store | undefined
  readonly cache: ResolvedCache | undefined
  readonly estimateTokens: (body: unknown) => number
  readonly expectedOutputTokens: number
  readonly onEvent: ModelListener | undefined
  readonly clock: Clock
}

const KEYS = [
  'timeouts',
  'retry',
  'circuitBreaker',
  'limits',
  'queue',
  'prices',
  'budgets',
  'store',
  'cache',
  'estimateTokens',
  'expectedOutputTokens',
  'onEvent',
  'clock',
] as const satisfies (keyof ProviderGuardOptions)[]

const TIMEOUTS: Required<TimeoutOptions> = {
  totalMs: 300_000,
  attemptMs: 120_000,
  firstChunkMs: 60_000,
  chunkMs: 30_000,
}
const RETRY: Required<RetryOptions> = { attempts: 3, baseDelayMs: 500, maxDelayMs: 8000, jitter: 0.5 }
const BREAKER: Required<CircuitBreakerOptions> = { failures: 5, resetMs: 30_000 }

/** @throws GovernanceError `invalid-option` */
export function resolveGuard(options: ProviderGuardOptions, place: string): ResolvedGuard {
  expect(typeof options === 'object' && options !== null, place, 'an object')
  knownKeys(options, KEYS, place)
  const { timeouts = {}, retry = {}, circuitBreaker = {}, limits = {}, queue = {}, prices = {} } = options
  const { cache = false, expectedOutputTokens = 4096, clock = systemClock, onEvent, store } = options
  checkTimeouts(timeouts, `${place}.timeouts`)
  checkRetry(retry, `${place}.retry`)
  if (circuitBreaker !== false) checkBreaker(circuitBreaker, `${place}.circuitBreaker`)
  checkLimits(limits, `${place}.limits`)
  checkQueue(queue, `${place}.queue`)
  checkPrices(prices, `${place}.prices`)
  expectCount(expectedOutputTokens, `${place}.expectedOutputTokens`)
  const functions = { estimateTokens: options.estimateTokens, onEvent, 'store.commit': store && store.commit }
  for (const [name, value] of Object.entries(functions))
    expect(value === undefined || typeof value === 'function', `${place}.${name}`, 'a function')
  return {
    timeouts: { ...TIMEOUTS, ...present(timeouts) },
    retry: { ...RETRY, ...present(retry) },
    circuitBreaker: circuitBreaker === false ? undefined : { ...BREAKER, ...present(circuitBreaker) },
    limits,
    queue: { maxWaiting: queue.maxWaiting ?? 1000, maxWaitMs: queue.maxWaitMs },
    prices,
    budgets: budgetsOf(options, `${place}.budgets`),
    store,
    cache: cache === false ? undefined : resolveCache(cache === true ? {} : cache, `${place}.cache`),
    estimateTokens: options.estimateTokens ?? estimateTokens,
    expectedOutputTokens,
    onEvent,
    clock,
  }
}

function checkTimeouts(timeouts: TimeoutOptions, place: string): void {
  knownKeys(timeouts, Object.keys(TIMEOUTS), place)
  for (const [name, value] of Object.entries(timeouts)) expectMs(value as number | undefined, `${place}.${name}`)
}

function checkQueue(queue: QueueOptions, place: string): void {
  knownKeys(queue, ['maxWaiting', 'maxWaitMs'], place)
  expectCount(queue.maxWaiting, `${place}.maxWaiting`)
  expectMs(queue.maxWaitMs, `${place}.maxWaitMs`)
}

function budgetsOf({ budgets = [], store }: ProviderGuardOptions, place: string): readonly Budget[] {
  expect(Array.isArray(budgets), place, 'a list of budgets')
  const resolved = budgets.map((budget, index) => resolveBudget(budget, `${place}.${index}`))
  const twice = resolved.find(({ name }, index) => resolved.findIndex(other => other.name === name) < index)
  if (twice !== undefined) throw invalid(place, `two budgets are called "${twice.name}": they would count as one`)
  expect(store === undefined || resolved.length > 0, place, 'a budget, as `store` is given to count them')
  return resolved
}
