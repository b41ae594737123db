import { providerGuard } from 'countersign'
import { expect, it } from 'vitest'

it.each([
  [{ timeout: {} }, /Option `providerGuard.timeout`: unknown option.*Did you mean "timeouts"\?/],
  [{ timeouts: { total: 1 } }, /providerGuard\.timeouts\.total.*Did you mean "totalMs"\?/],
  [{ timeouts: { totalMs: 0 } }, /timeouts\.totalMs.*milliseconds above 0/],
  [{ retry: { retries: 3 } }, /retry\.retries/],
  [{ retry: { attempts: 0 } }, /retry\.attempts.*whole number/],
  [{ circuitBreaker: { failure: 1 } }, /circuitBreaker\.failure.*Did you mean "failures"\?/],
  [
    { limits: { 'openai/gpt-5': { requestPerMinute: 1 } } },
    /limits\.openai\/gpt-5\.requestPerMinute.*"requestsPerMinute"/,
  ],
  [{ limits: { '*': { requestsPerMinute: 0 } } }, /whole number of 1 or more/],
  [{ limits: [] }, /limits.*by model/],
  [{ queue: { maxWait: 1 } }, /queue\.maxWait/],
  [{ prices: { a: { input: 1 } } }, /prices\.a\.output/],
  [{ prices: { a: { input: 1, output: 1, cached: 1 } } }, /prices\.a\.cached.*cachedInput/],
  [{ prices: { a: { input: -1, output: 1 } } }, /prices\.a\.input/],
  [{ budgets: [{ name: 'b', per: 'actors', tokens: 1 }] }, /budgets\.0\.per.*Did you mean "actor"\?/],
  [{ budgets: [{ name: 'b', per: 'actor' }] }, /budgets\.0.*`tokens`, `cost`, or both/],
  [{ budgets: [{ name: 'b', per: 'actor', tokens: 1, window: 'month' }] }, /window.*"day".*"24h"/],
  [
    { budgets: [{ name: 'b', per: 'actor', tokens: 1, window: 'day', timeZone: 'Berlin' }] },
    /timeZone.*Europe\/Berlin/,
  ],
  [
    { budgets: [{ name: 'b', per: 'actor', tokens: 1, timeZone: 'UTC' }] },
    /timeZone.*only a window of a calendar "day"/,
  ],
  [{ budgets: [{ name: 'b', per: 'actor', tokens: 1, exceeded: 'stop' }] }, /exceeded.*"refuse"/],
  [
    {
      budgets: [
        { name: 'b', per: 'actor', tokens: 1 },
        { name: 'b', per: 'user', tokens: 1 },
      ],
    },
    /two budgets are called "b"/,
  ],
  [{ store: { commit: () => undefined } }, /a budget, as `store` is given/],
  [{ cache: { ttl: 1 } }, /cache\.ttl.*Did you mean "ttlMs"\?/],
  [{ cache: { maxEntries: 1 } }, /cache\.maxEntries/],
  [{ cache: { readOnlyTools: 'look' } }, /cache\.readOnlyTools/],
  [{ expectedOutputTokens: 0 }, /expectedOutputTokens/],
  [{ estimateTokens: 4 }, /estimateTokens.*a function/],
])('%j is refused at the start', (options, message) => {
  expect(() => providerGuard(options as never)).toThrow(message)
})
