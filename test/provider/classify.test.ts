import { APICallError } from 'ai'
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { classify } from '../../src/provider/classify.js'

const NOW = Date.UTC(2026, 0, 1)
const call = (statusCode: number | undefined, more: Partial<ConstructorParameters<typeof APICallError>[0]> = {}) =>
  new APICallError({ message: 'no', url: 'u', requestBodyValues: {}, ...(statusCode && { statusCode }), ...more })
const openai = (status: number, body: object = {}, headers: Record<string, string> = {}) =>
  APIError.generate(status, { error: body }, undefined, new Headers(headers))
const caused = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) })

describe('an error is', () => {
  it.each([
    ['429 of the AI SDK', call(429, { responseHeaders: { 'retry-after-ms': '20' } }), 'rate-limit', 429, 20],
    ['429 of openai', openai(429, {}, { 'retry-after': '2' }), 'rate-limit', 429, 2000],
    ['429 of openai for want of money', openai(429, { code: 'insufficient_quota' }), 'quota', 429, undefined],
    ['500 of the AI SDK', call(500), 'server', 500, undefined],
    ['529 of anybody', { status: 529 }, 'server', 529, undefined],
    ['503 of axios', { response: { status: 503, headers: { 'Retry-After': '1' } } }, 'server', 503, 1000],
    ['503 in a cause', new Error('x', { cause: openai(503) }), 'server', 503, undefined],
    ['400', openai(400), 'request', 400, undefined],
    ['401', openai(401), 'auth', 401, undefined],
    ['403', call(403), 'auth', 403, undefined],
    ['404', call(404), 'request', 404, undefined],
    ['408', call(408), 'timeout', 408, undefined],
    ['409', call(409), 'request', 409, undefined],
    ['422', openai(422), 'request', 422, undefined],
    ['an answer that is none', call(200), 'malformed', 200, undefined],
    ['an answer that broke', call(200, { cause: new TypeError('terminated') }), 'network', 200, undefined],
    ['no connection, of openai', new APIConnectionError({}), 'network', undefined, undefined],
    ['no answer in time, of openai', new APIConnectionTimeoutError(), 'timeout', undefined, undefined],
    ['no connection, of the AI SDK', call(undefined, { isRetryable: true }), 'network', undefined, undefined],
    ['no connection, of fetch', caused('ECONNREFUSED'), 'network', undefined, undefined],
    ['no answer in time, of fetch', caused('UND_ERR_HEADERS_TIMEOUT'), 'timeout', undefined, undefined],
    [
      'said in a stream of openai',
      new APIError(undefined, { type: 'server_error' }, 'no', undefined),
      'server',
      undefined,
      undefined,
    ],
    ['said in a stream', { type: 'error', error: { type: 'overloaded_error' } }, 'server', undefined, undefined],
    ['said of a rate', { type: 'error', code: 'rate_limit_exceeded' }, 'rate-limit', undefined, undefined],
    ['a slip', new TypeError('x is not a function'), 'unknown', undefined, undefined],
    ['no error', 'a text', 'unknown', undefined, undefined],
    ['nothing', undefined, 'unknown', undefined, undefined],
  ])('%s', (_, error, kind, status, after) => {
    expect(classify(error, NOW)).toEqual({
      kind,
      ...(status === undefined ? {} : { status }),
      ...(after === undefined ? {} : { retryAfterMs: after }),
    })
  })

  it('read without end only if it has one', () => {
    const error: { cause?: unknown; error?: unknown } = {}
    error.cause = error
    error.error = error
    expect(classify(error, NOW)).toEqual({ kind: 'unknown' })
  })

  it.each(['-1', '1e9', 'soon', '', ' '])('not waited for: %j', after => {
    const found = classify(call(429, { responseHeaders: { 'retry-after': after } }), NOW).retryAfterMs
    expect(found === undefined || found <= 86_400_000).toBe(true)
  })
})
