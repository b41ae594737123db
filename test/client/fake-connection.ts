import type { ServiceConnection, ServiceRequest } from 'countersign'
import { type DecisionService, decisionService, type DecisionServiceOptions } from 'countersign/client'

/** A service that writes down what it is asked, and answers what it was told to. */
export interface Asked {
  readonly service: DecisionService
  readonly requests: ServiceRequest[]
  /** The last request. */
  readonly last: () => ServiceRequest
  readonly closed: () => boolean
}

export const AGENT = { apiKey: 'bhk_agent' }
export const APPROVER = { apiKey: 'bhk_approver' }

/** By method and path; where nothing is given, lists where there should be one, else `{ ok: true }`. */
export type FakeAnswers = (request: ServiceRequest) => unknown

export function ask(answers: FakeAnswers = () => ({ ok: true }), options: DecisionServiceOptions = {}): Asked {
  const requests: ServiceRequest[] = []
  let isClosed = false
  const connection: ServiceConnection = {
    host: 'service.test:443',
    deadlineMs: 2000,
    assertAvailable: () => undefined,
    send: async request => {
      requests.push(request)
      const json = answers(request)
      return { status: 200, json, length: JSON.stringify(json)?.length ?? 0 }
    },
    onCircuitChange: () => () => undefined,
    close: () => {
      isClosed = true
    },
  }
  const service = decisionService({ ...AGENT, approver: APPROVER, connection, ...options })
  const last = (): ServiceRequest => {
    const request = requests.at(-1)
    if (request === undefined) throw new Error('nothing was sent')
    return request
  }
  return { service, requests, last, closed: () => isClosed }
}

/** Answers by `METHOD /path`, without the query; anything else fails the test. */
export function answering(answers: Readonly<Record<string, unknown>>): FakeAnswers {
  return ({ method, path }) => {
    const key = `${method} ${path.split('?')[0]}`
    if (!Object.hasOwn(answers, key)) throw new Error(`unexpected ${key}`)
    return answers[key]
  }
}

/** The query of a path. */
export const queryOf = (path: string): URLSearchParams => new URLSearchParams(path.split('?')[1])
