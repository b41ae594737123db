import { type DocumentStore, memoryStore } from 'countersign'
import { createDecisionServer, type DecisionServer, type DecisionServerOptions } from 'countersign/server'
import { testClock, type TestClock } from '../support/governing.js'

/** An answer of a server. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- what a client reads of JSON
  readonly body: any
}

/** How a request is sent. */
export interface Sending {
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly raw?: string
}

/** A server in this process that a test talks to as a client does. */
export interface Served {
  readonly server: DecisionServer
  readonly clock: TestClock
  readonly ask: (route: string, body?: unknown, sending?: Sending) => Promise<Answer>
  /** With the credential of an approver. */
  readonly boss: (route: string, body?: unknown, sending?: Sending) => Promise<Answer>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export const KEYS = [
  { key: 'agent-key-of-the-tests', role: 'agent', name: 'bot' },
  { key: 'approver-key-of-the-tests', role: 'approver', name: 'dana' },
  { key: 'other-key-of-the-tests', role: 'agent', name: 'other', tenant: 'acme' },
] as const

/** Refunds over 100 are held, drops denied, the rest goes on. */
export const POLICY = {
  rules: [
    { id: 'no-drop', tools: ['drop'], effect: 'deny', reason: 'never' },
    {
      id: 'big-refund',
      tools: ['refund'],
      when: { value: { gt: 100 } },
      effect: 'require_approval',
      reason: 'over 100',
    },
    { id: 'cap', tools: ['mail'], limit: { count: 'calls', per: 'actor', window: '1h', max: 2 }, effect: 'deny' },
    { id: 'rest', effect: 'allow', reason: 'fine' },
  ],
} as const

export function serve(options: Partial<DecisionServerOptions> & { readonly store?: DocumentStore } = {}): Served {
  const clock = (options.clock as TestClock | undefined) ?? testClock()
  const server = createDecisionServer({ store: memoryStore(), keys: KEYS, policy: POLICY, ...options, clock })
  const ask: Served['ask'] = (route, body, { key = 'agent-key-of-the-tests', headers = {}, raw } = {}) => {
    const [method = 'GET', path = '/'] = route.split(' ')
    return send(server, method, path, raw ?? (body === undefined ? undefined : JSON.stringify(body)), {
      ...(key === '' ? {} : { 'x-api-key': key }),
      ...(body === undefined && raw === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    })
  }
  const boss: Served['ask'] = (route, body, sending) =>
    ask(route, body, { ...sending, key: 'approver-key-of-the-tests' })
  return { server, clock, ask, boss, [Symbol.asyncDispose]: () => server.close() }
}

async function send(
  { app }: DecisionServer,
  method: string,
  path: string,
  body: string | undefined,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await app.request(path, { method, headers, ...(body === undefined ? {} : { body }) })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** Asks a service at an address as {@link Served.ask} asks one in this process. */
export function askAt(url: string): Served['ask'] {
  return async (route, body, { key = 'agent-key-of-the-tests', headers = {}, raw } = {}) => {
    const [method = '', path = ''] = route.split(' ')
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key === '' ? {} : { 'x-api-key': key }),
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
}
