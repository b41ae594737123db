import { randomUUID } from 'node:crypto'
import { conflict, notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { isRecord } from '../../../src/service/protocol/validate.js'
import { familyOf } from '../auth/principal.js'
import { draftDocument, findDocument, listDocuments, removeDocument, writeDocuments } from '../documents.js'
import type { Exchange } from '../endpoint.js'
import type { Service } from '../service.js'

const LIVE = 'live-connection'
const TTL_SECONDS = 120
const HEARTBEAT_SECONDS = 40
/** Connections of one tenant. */
const MAX_CONNECTIONS = 1000
/** Of those, the ones that were begun with one credential: nobody takes all of them. */
const MAX_OF_ONE = 100
const MAX_ATTEMPTS = 5

interface Connection {
  readonly actor: string
  readonly key: string | undefined
}

/** A session says that somebody is there. It ends by itself when no sign of life comes. */
export async function connect({ service, principal, body }: Exchange): Promise<unknown> {
  const key = principal && familyOf(principal)
  const known = await listDocuments(service, { kind: LIVE, limit: MAX_CONNECTIONS })
  if (known.length >= MAX_CONNECTIONS) throw tooMany(`There are ${MAX_CONNECTIONS} live connections already`)
  const own = await listDocuments(service, { kind: LIVE, limit: MAX_OF_ONE, ...(key !== undefined && { ref: key }) })
  if (own.length >= MAX_OF_ONE) throw tooMany(`This key has ${MAX_OF_ONE} live connections already`)
  const id = `conn_${randomUUID()}`
  const actor = typeof body['actor'] === 'string' ? body['actor'] : 'AI_AGENT'
  await writeDocuments(service, [draftDocument<Connection>(service, living(service, id, actor, key))])
  return written(id, 'connected', known.length + 1, actor)
}

/** A sign of life. @throws Refusal 404 for a session that has ended */
export async function heartbeat({ service, body }: Exchange): Promise<unknown> {
  const id = body['connection_id'] as string
  let of = ''
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const known = await findDocument<Connection>(service, LIVE, id)
    if (known === undefined) throw notFound('connection')
    const { actor, key } = known.body
    of = actor
    if (await writeDocuments(service, [draftDocument(service, living(service, id, actor, key), known)])) break
  }
  return written(id, 'connected', await counted(service), of)
}

/** The session is over. One that had ended already is over too. */
export async function disconnect({ service, body }: Exchange): Promise<unknown> {
  const id = body['connection_id'] as string
  const known = await findDocument<Connection>(service, LIVE, id)
  if (known !== undefined) await removeDocument(service, known)
  return written(id, 'disconnected', await counted(service), known?.body.actor)
}

/** @throws Refusal 409 for a question that is only good while its session lives, when it does not */
export async function requireLive(service: Service, body: Readonly<Record<string, unknown>>): Promise<void> {
  const context = isRecord(body['context']) ? body['context'] : {}
  const said = (name: string): unknown => (Object.hasOwn(body, name) ? body[name] : context[name])
  if (said('require_live_connection') !== true) return
  const id = said('connection_id')
  const known = typeof id === 'string' ? await findDocument(service, LIVE, id) : undefined
  if (known !== undefined) return
  const what = typeof id === 'string' ? 'the connection has ended' : '`connection_id` is missing'
  throw conflict('live_connection_required', `${what}: connect with POST /actions/live/connect, and ask with its id`)
}

function tooMany(message: string): Refusal {
  const headers = { 'retry-after': String(HEARTBEAT_SECONDS) }
  return new Refusal(429, { code: 'too_many_connections', message }, headers)
}

function living({ clock }: Service, id: string, actor: string, key: string | undefined) {
  const ref = key === undefined ? {} : { ref: key }
  return { kind: LIVE, id, ...ref, body: { actor, key }, expiresAt: clock.now() + TTL_SECONDS * 1000 }
}

async function counted(service: Service): Promise<number> {
  return (await listDocuments(service, { kind: LIVE, limit: MAX_CONNECTIONS })).length
}

/** @param actor whose it is; nothing where that is forgotten, since it had ended */
function written(id: string, status: string, count: number, actor: string | undefined) {
  return {
    connection_id: id,
    agent_id: actor ?? null,
    status,
    current_connections: count,
    max_connections: MAX_CONNECTIONS,
    ttl_seconds: TTL_SECONDS,
    heartbeat_interval_seconds: HEARTBEAT_SECONDS,
  }
}
