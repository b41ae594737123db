import { randomBytes, randomUUID } from 'node:crypto'
import type { StoredDocument } from 'countersign'
import { conflict, notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { WEBHOOK_ROUTES } from '../../../src/service/protocol/routes/webhooks.js'
import { problem } from '../../../src/service/protocol/validate.js'
import type { Deliveries } from '../deliveries/deliveries.js'
import { WEBHOOK_EVENTS } from '../deliveries/news.js'
import { checkSignature } from '../deliveries/signature.js'
import { WEBHOOK, type Webhook } from '../deliveries/webhook.js'
import { readWebhook } from '../deliveries/webhook-fields.js'
import { draftDocument, findDocument, type Kept, listDocuments, removal, writeDocuments } from '../documents.js'
import { answersTo, type Endpoint, type Exchange } from '../endpoint.js'
import { writeWebhook } from '../wire/webhook.js'
import { listDeliveries, replay, test } from './webhook-deliveries.js'

const MOST = 1000
const SECRET_BYTES = 32
const DEFAULTS = {
  label: null,
  events: [],
  symbols: [],
  intervals: [],
  description: null,
  isActive: true,
  metadata: {},
  timeoutSeconds: 10,
  maxRetries: 5,
  retryDelaySeconds: 5,
}

/** Who hears of events. */
export function webhookEndpoints(deliveries: Deliveries): readonly Endpoint[] {
  return answersTo(WEBHOOK_ROUTES, {
    'POST /webhooks': exchange => create(deliveries, exchange),
    'GET /webhooks': list,
    'GET /webhooks/events/list': () => ({ events: WEBHOOK_EVENTS }),
    'POST /webhooks/verify-signature': verify,
    'GET /webhooks/{id}': async exchange => writeWebhook(await found(exchange)),
    'PATCH /webhooks/{id}': exchange => change(deliveries, exchange),
    'DELETE /webhooks/{id}': async exchange => {
      const known = await found(exchange)
      await write(exchange, 'deleted', { before: known, document: removal(known) })
      deliveries.changed()
      return { success: true, status: 'deleted', deleted: true }
    },
    'GET /webhooks/{id}/deliveries': async exchange => listDeliveries(exchange, await found(exchange)),
    'POST /webhooks/{id}/test': async exchange => test(deliveries, exchange, await found(exchange)),
    'POST /webhooks/{id}/deliveries/{n}/replay': async exchange => replay(deliveries, exchange, await found(exchange)),
  })
}

async function create(deliveries: Deliveries, exchange: Exchange): Promise<unknown> {
  const { service, body } = exchange
  const given = readWebhook(body, deliveries.reach)
  if (given.url === undefined) throw new Refusal(422, [problem(['body', 'url'], 'Field required', 'missing')])
  const secret = given.secret ?? `whsec_${randomBytes(SECRET_BYTES).toString('base64url')}`
  const webhook: Webhook = { ...DEFAULTS, ...given, url: given.url, secret, updatedAt: service.clock.now() }
  const id = `wh_${randomUUID()}`
  const document = draftDocument(service, { kind: WEBHOOK, id, body: webhook })
  await write(exchange, 'created', { document, after: webhook })
  deliveries.changed()
  // Shown this once, and only where nobody else knows it.
  return { ...writeWebhook({ document, body: webhook }), ...(given.secret === undefined ? { secret } : {}) }
}

async function list({ service, query }: Exchange): Promise<unknown> {
  const all = await listDocuments<Webhook>(service, { kind: WEBHOOK, limit: MOST })
  return all.filter(({ body }) => body.isActive || query['include_inactive'] === true).map(writeWebhook)
}

async function change(deliveries: Deliveries, exchange: Exchange): Promise<unknown> {
  const { service, body } = exchange
  const known = await found(exchange)
  const given = readWebhook(body, deliveries.reach)
  const webhook: Webhook = { ...known.body, ...given, updatedAt: service.clock.now() }
  const document = draftDocument(service, { kind: WEBHOOK, id: known.document.id, body: webhook }, known)
  await write(exchange, 'updated', { before: known, document, after: webhook })
  deliveries.changed()
  return { ...writeWebhook({ document, body: webhook }), status: 'updated' }
}

async function found({ service, params }: Exchange): Promise<Kept<Webhook>> {
  const webhook = await findDocument<Webhook>(service, WEBHOOK, params['id'] ?? '')
  if (webhook === undefined) throw notFound('webhook')
  return webhook
}

interface Written {
  readonly before?: Kept<Webhook>
  readonly document: StoredDocument
  readonly after?: Webhook
}

/** Writes what becomes of a webhook, with an entry of the audit log. @throws Refusal 409 where somebody else has changed it meanwhile */
async function write(exchange: Exchange, step: string, { before, document, after }: Written): Promise<void> {
  const { service, principal } = exchange
  const { id, tenant, revision } = document
  const said = { subject: 'webhook', id, tenant, revision, step, by: principal?.name ?? 'unknown' } as const
  const audit = await service.changes.of(service.clock.now(), [{ ...said, before: before?.body, after }])
  if (await writeDocuments(service, [document], audit)) return
  throw conflict('changed_meanwhile', 'the webhook was changed meanwhile: look again')
}

/** An object is signed as JSON writes it; the text that arrived is surer. */
function verify({ service, body }: Exchange): unknown {
  const { payload, signature, secret, timestamp } = body
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return checkSignature(
    { payload: text, signature: String(signature), secret: String(secret), timestamp },
    service.clock.now(),
  )
}
