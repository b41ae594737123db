import { memoryStore } from 'countersign'
import { createDecisionServer, type DecisionServer, type DecisionServerOptions } from 'countersign/server'

/** A service with an agent, an approver named dana, and an approver of another tenant. */
export const serve = (options: Partial<DecisionServerOptions> = {}): DecisionServer =>
  createDecisionServer({
    store: memoryStore(),
    keys: [
      { key: 'agent-secret-of-the-tests', role: 'agent' },
      { key: 'approver-secret-of-the-tests', role: 'approver', name: 'dana' },
      { key: 'other-secret-of-the-tests', role: 'approver', name: 'olaf', tenant: 'other' },
    ],
    ...options,
  })

export interface Asking {
  /** @defaultValue the approver's */
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** What the runtime tells of the connection. */
  readonly env?: object
}

/** Asks a service, without a port. */
export const ask = async (server: DecisionServer, route: string, { as, body, headers, env }: Asking = {}) => {
  const [method = 'GET', path = ''] = route.split(' ')
  const init = {
    method,
    headers: { 'x-api-key': as ?? 'approver-secret-of-the-tests', 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
  const response = await server.app.request(path, init, env ?? {})
  return { status: response.status, headers: response.headers, body: await response.json() }
}
