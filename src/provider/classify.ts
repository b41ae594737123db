import { retryAfterMs } from '../service/retry-after.js'
import { isModelError, type ModelFailureKind } from './failure.js'

/** What an error says, whichever client threw it. */
export interface Classified {
  readonly kind: ModelFailureKind
  readonly status?: number
  /** Milliseconds that the provider asked to be left alone for. */
  readonly retryAfterMs?: number
}

/** Causes of causes are looked at this far. */
const MAX_DEPTH = 5
/** As Node, undici and the clients of providers call what happens to connections. */
const NETWORK =
  /^(?:ECONN|ENOTFOUND|EPIPE|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|UND_ERR_SOCKET|UND_ERR_CLOSED|ERR_STREAM_PREMATURE)/
const TIMEOUT = /^(?:ETIMEDOUT|UND_ERR_\w*TIMEOUT)/
const BROKEN =
  /^(?:fetch failed|terminated|failed to fetch|network error|socket hang up|other side closed|premature close|load failed)/i

/** What providers say in a stream, which has begun with status 200. */
const WORDS: ReadonlyMap<unknown, ModelFailureKind> = new Map([
  ['server_error', 'server'],
  ['internal_server_error', 'server'],
  ['api_error', 'server'],
  ['overloaded_error', 'server'],
  ['rate_limit_exceeded', 'rate-limit'],
  ['rate_limit_error', 'rate-limit'],
  ['insufficient_quota', 'quota'],
  ['invalid_request_error', 'request'],
  ['authentication_error', 'auth'],
  ['permission_error', 'auth'],
])

/** The part of an error that is read: openai, the AI SDK and LangChain each name a status and headers in their own way. */
interface ErrorLike {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly type?: unknown
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly headers?: unknown
  readonly responseHeaders?: unknown
  readonly response?: { readonly status?: unknown; readonly headers?: unknown }
  readonly isRetryable?: unknown
  readonly error?: unknown
  readonly cause?: unknown
}

/** What went wrong. @param now epoch milliseconds */
export function classify(error: unknown, now: number): Classified {
  if (isModelError(error)) return { kind: error.kind }
  const errors = withCauses(error)
  const answered = errors.find(each => statusOf(each) !== undefined)
  const status = answered && statusOf(answered)
  if (answered === undefined || status === undefined) return { kind: unansweredKind(errors) }
  if (status < 400) return { kind: brokenKind(errors), status }
  const after = retryAfterOf(answered, now)
  return { kind: answeredKind(status, answered), status, ...(after === undefined ? {} : { retryAfterMs: after }) }
}

function answeredKind(status: number, error: ErrorLike): ModelFailureKind {
  if (status === 429) return isSpent(error) ? 'quota' : 'rate-limit'
  if (status === 408) return 'timeout'
  if (status === 401 || status === 403) return 'auth'
  if (status >= 500) return 'server'
  return 'request'
}

/** An answer that began well: the connection broke in it, or it is none. */
function brokenKind(errors: readonly ErrorLike[]): ModelFailureKind {
  const kind = unansweredKind(errors)
  return kind === 'unknown' ? 'malformed' : kind
}

/** Waiting does not bring money. */
function isSpent({ code, message }: ErrorLike): boolean {
  return code === 'insufficient_quota' || (typeof message === 'string' && /insufficient[_ ]quota/i.test(message))
}

function unansweredKind(errors: readonly ErrorLike[]): ModelFailureKind {
  const said = errors.flatMap(({ code, type }) => WORDS.get(code) ?? WORDS.get(type) ?? [])
  if (said[0] !== undefined) return said[0]
  if (errors.some(isTimeout)) return 'timeout'
  return errors.some(isNetwork) ? 'network' : 'unknown'
}

function isTimeout({ name, code, constructor }: ErrorLike): boolean {
  return (
    name === 'TimeoutError' || constructor.name === 'APIConnectionTimeoutError' || (isText(code) && TIMEOUT.test(code))
  )
}

function isNetwork({ code, message, isRetryable, constructor }: ErrorLike): boolean {
  if (constructor.name === 'APIConnectionError' || (isText(code) && NETWORK.test(code))) return true
  // The AI SDK says so of a connection that could not be made.
  return isRetryable === true || (isText(message) && BROKEN.test(message))
}

function statusOf({ status, statusCode, response }: ErrorLike): number | undefined {
  const found = [statusCode, status, response?.status].find(each => typeof each === 'number')
  return found !== undefined && found >= 200 && found <= 599 ? found : undefined
}

function retryAfterOf(error: ErrorLike, now: number): number | undefined {
  for (const headers of [error.responseHeaders, error.headers, error.response?.headers]) {
    const ms = Number(headerIn(headers, 'retry-after-ms') ?? Number.NaN)
    if (ms >= 0) return retryAfterMs(String(ms / 1000), now)
    const after = retryAfterMs(headerIn(headers, 'retry-after'), now)
    if (after !== undefined) return after
  }
  return undefined
}

function headerIn(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  const { get } = headers as { readonly get?: unknown }
  if (typeof get === 'function') return textOf((headers as { get: (name: string) => unknown }).get(name))
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)
  return textOf(found?.[1])
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function withCauses(error: unknown): readonly ErrorLike[] {
  const errors: ErrorLike[] = []
  const causes: unknown[] = [error]
  while (causes.length > 0 && errors.length < MAX_DEPTH) {
    const each = causes.shift()
    if (typeof each !== 'object' || each === null) continue
    const found: ErrorLike = each
    errors.push(found)
    causes.push(found.cause, found.error)
  }
  return errors
}
