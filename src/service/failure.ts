import { readJsonObject } from '../encoding.js'
import { isGovernanceError } from '../errors.js'
import {
  type FieldProblem,
  isServiceError,
  ServiceError,
  type ServiceErrorKind,
  type ServiceFailure,
} from './errors.js'
import type { FailureRules } from './resilience.js'
import { retryAfterMs } from './retry-after.js'
import { TooLong, type WireAnswer } from './transport.js'

const MAX_DETAIL = 500
const MAX_FIELDS = 100
const RETRIED = new Set([408, 409, 425, 429])

const KINDS: Readonly<Record<number, ServiceErrorKind>> = {
  400: 'validation',
  401: 'auth',
  403: 'auth',
  404: 'not-found',
  409: 'validation',
  412: 'validation',
  422: 'validation',
  429: 'rate-limit',
}

const WORDS: Readonly<Record<ServiceErrorKind, string>> = {
  auth: 'refused the credential',
  validation: 'refused the request',
  'not-found': 'knows no such thing',
  'rate-limit': 'is asked too often',
  timeout: 'did not answer in time',
  network: 'could not be reached',
  unavailable: 'is left alone for a while',
  malformed: 'answered with something that is no answer',
  api: 'failed',
}

/** What the errors of a service say. */
export const SERVICE_FAILURES: FailureRules = {
  isRetried: error => {
    if (!isServiceError(error)) return false
    const { kind, status = 0 } = error
    return kind === 'network' || status >= 500 || RETRIED.has(status)
  },
  isFault: error => {
    if (!isServiceError(error)) return false
    const { kind, status = 0 } = error
    return kind === 'network' || kind === 'timeout' || kind === 'malformed' || status >= 500
  },
  saysNothing: error => !isServiceError(error),
  retryAfterMs: error => (isServiceError(error) ? error.retryAfterMs : undefined),
  unavailable: cause => serviceError('unavailable', { cause }),
}

/** The error that an answer with a status of its own is. */
export function failureOf(answer: WireAnswer, now: number): ServiceError {
  const { status } = answer
  const kind = KINDS[status] ?? 'api'
  const body = readJsonObject(answer.text)
  return new ServiceError(kind, `the decision service ${WORDS[kind]} (${status})`, {
    status,
    fields: fieldsIn(body?.['detail']),
    requestId: requestIdIn(body) ?? short(answer.header('x-request-id')),
    serviceCode: short(propertyOf(body?.['detail'], 'code') ?? propertyOf(body?.['error'], 'code')),
    retryAfterMs: retryAfterMs(answer.header('retry-after'), now),
    detail: detailOf(body, answer.text),
  })
}

/** The error of a request that was never answered. */
export function failureToAsk(error: unknown): ServiceError {
  if (isServiceError(error)) return error
  if (error instanceof TooLong) return serviceError('malformed', { cause: error })
  // Whoever waited has given up: the governor, whose deadline this is.
  return serviceError(isGovernanceError(error) ? 'timeout' : 'network', { cause: error })
}

/** An error in our own words. */
export function serviceError(kind: ServiceErrorKind, failure: ServiceFailure = {}): ServiceError {
  return new ServiceError(kind, `the decision service ${WORDS[kind]}`, failure)
}

/** What FastAPI services say of each field: `{ loc: ['body', 'action'], msg }`. Paths are names of our own request. */
function fieldsIn(detail: unknown): readonly FieldProblem[] {
  if (!Array.isArray(detail)) return []
  return detail.slice(0, MAX_FIELDS).map((item: unknown) => {
    const place = propertyOf(item, 'loc')
    const path = Array.isArray(place) ? place.filter(part => part !== 'body' && part !== 'query').join('.') : ''
    const message = propertyOf(item, 'msg')
    return {
      path: /^[\w.-]{1,100}$/.test(path) ? path : '?',
      message: typeof message === 'string' ? message.slice(0, MAX_DETAIL) : '',
    }
  })
}

function requestIdIn(body: Readonly<Record<string, unknown>> | undefined): string | undefined {
  return short(body?.['request_id'] ?? body?.['validation_id'] ?? propertyOf(body?.['error'], 'request_id'))
}

function detailOf(body: Readonly<Record<string, unknown>> | undefined, text: string): string {
  const detail = body?.['detail']
  const said = typeof detail === 'string' ? detail : propertyOf(detail, 'message')
  return (typeof said === 'string' ? said : text).slice(0, MAX_DETAIL)
}

function propertyOf(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return isObject ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

/** A name that a service gave something: nothing that could be a text. */
function short(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:/-]{1,200}$/.test(value) ? value : undefined
}
