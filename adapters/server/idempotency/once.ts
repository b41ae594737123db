import type { StoredDocument } from 'countersign'
import type { RouteName } from '../../../src/service/protocol/route.js'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import { findDocument, type Kept, removeDocument, writeDocuments } from '../documents.js'
import type { Endpoint, Exchange } from '../endpoint.js'
import { IDEMPOTENCY, refuseOther, type Remembered, rememberedAs, type Repeat } from './repeat.js'

/** A request that is being served, or was. */
interface Served extends Remembered {
  /** Epoch milliseconds until which whoever serves it is believed to be alive. */
  readonly busyUntil?: number
  readonly reply?: unknown
  /** There was an answer, which is not kept. */
  readonly isSecret?: true
}

/** Whoever serves a request longer than this is taken for dead, and the next one may. */
const LEASE_MS = 60_000

/** These remember with what they write, in the same commit. */
const OWN_MEMORY: ReadonlySet<RouteName> = new Set([
  'POST /actions/evaluate',
  'POST /actions/submit',
  'POST /actions/submit/v2',
  'POST /actions/evaluate/batch',
])
/** Their answers hold a secret that is shown once, and never stored. */
const SECRET: ReadonlySet<RouteName> = new Set([
  'POST /api-keys',
  'POST /api-keys/{id}/rotate',
  'POST /webhooks',
  'POST /auth/signup',
  'POST /auth/login',
  'POST /auth/refresh',
])

/** Whether an endpoint looks after requests that come again by itself. */
export function knowsRepeats({ route }: Endpoint): boolean {
  return OWN_MEMORY.has(route)
}

/**
 * Serves a request once under its key: what comes again is answered as the first was. What was refused is not remembered.
 *
 * @throws Refusal 409 for a key that was sent with another request, or while the first is being served; what the endpoint throws
 */
export async function once(endpoint: Endpoint, exchange: Exchange, repeat: Repeat): Promise<unknown> {
  const { service } = exchange
  const found = await findDocument<Served>(service, IDEMPOTENCY, repeat.id)
  if (found !== undefined) {
    refuseOther(found, repeat)
    if (found.body.busyUntil === undefined) return replay(found, exchange)
    if (found.body.busyUntil > service.clock.now()) throw inProgress()
  }
  const { digest } = repeat
  const begun = rememberedAs<Served>(service, repeat, { digest, busyUntil: service.clock.now() + LEASE_MS }, found)
  if (!(await writeDocuments(service, [begun]))) throw inProgress()
  const known: Kept<Served> = { document: begun, body: { digest } }
  let reply: unknown
  try {
    reply = await endpoint.answer(exchange)
  } catch (error) {
    await removeDocument(service, known)
    throw error
  }
  const kept = SECRET.has(endpoint.route) ? ({ isSecret: true } as const) : { reply }
  await keep(service, rememberedAs<Served>(service, repeat, { digest, ...kept }, known))
  return reply
}

/**
 * Where the store takes the answer no more, the request was served all the same: it stays marked as being served, and is neither
 * refused nor forgotten, as whoever sent it would then send it again at once.
 */
async function keep(service: Exchange['service'], document: StoredDocument): Promise<void> {
  try {
    await writeDocuments(service, [document])
  } catch {
    // The answer is there all the same, and every other request tells of a store that fails.
  }
}

function replay({ body }: Kept<Served>, { reply }: Exchange): unknown {
  if (body.isSecret === true) {
    const message = 'it was done, and its answer holds a secret that is shown once'
    throw new Refusal(409, { code: 'idempotency_replay_secret', message })
  }
  reply('idempotency-replayed', 'true')
  return body.reply
}

function inProgress(): Refusal {
  const message = 'a request with this key is being served; try again later'
  return new Refusal(409, { code: 'in_progress', message }, { 'retry-after': '1' })
}
