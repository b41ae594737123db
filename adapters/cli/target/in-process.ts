import { randomBytes } from 'node:crypto'
import type { ServiceAnswer, ServiceConnection, ServiceRequest } from 'countersign'
import { type DecisionService, decisionService } from 'countersign/client'
import { createDecisionServer, type DecisionServer } from 'countersign/server'
import { Failure } from '../failure.js'
import { openStore } from './open-store.js'
import { account } from './store-desk.js'
import type { Database } from './target.js'

/** A decision service over a database, in this process, for what there is no other way to. */
export async function serviceOver(
  place: Database,
  auditKey?: string,
): Promise<DecisionService & { readonly end: () => Promise<void> }> {
  const store = await openStore(place)
  const key = randomBytes(32).toString('base64url')
  const server = createDecisionServer({
    store,
    keys: [{ key, role: 'approver', name: account() }],
    ...(auditKey === undefined ? {} : { audit: { key: auditKey } }),
  })
  const connection = connectionTo(server, key)
  return { ...decisionService({ connection, approver: { apiKey: key } }), end: () => server.close() }
}

/** The way to a service in this process: there is no network that could fail. */
function connectionTo(server: DecisionServer, key: string): ServiceConnection {
  return {
    host: 'this process',
    deadlineMs: 0,
    assertAvailable: () => undefined,
    send: request => send(server, key, request),
    onCircuitChange: () => () => undefined,
    close: () => undefined,
  }
}

async function send(
  { app }: DecisionServer,
  key: string,
  { method, path, body, headers = {} }: ServiceRequest,
): Promise<ServiceAnswer> {
  const answer = await app.request(path, {
    method,
    headers: { ...headers, 'x-api-key': key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const json = (await answer.json()) as { readonly detail?: { readonly message?: unknown } }
  if (answer.ok) return { status: answer.status, json }
  const message = json.detail?.message
  throw new Failure(typeof message === 'string' ? message : `refused (${answer.status})`)
}
