import { randomUUID } from 'node:crypto'
import type { StoredDocument } from 'countersign'
import { conflict, notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { type KeptDelivery, newDelivery, openDelivery, revised } from '../deliveries/attempt.js'
import type { Deliveries } from '../deliveries/deliveries.js'
import { DELIVERY, deliveryNumber } from '../deliveries/delivery.js'
import { type Announcement, WEBHOOK_EVENTS, type WebhookEvent } from '../deliveries/news.js'
import { payloadOf, type Webhook } from '../deliveries/webhook.js'
import { eachDocument, findDocument, type Kept, writeDocuments } from '../documents.js'
import type { Exchange } from '../endpoint.js'
import { writeDelivery } from '../wire/webhook.js'

const USUAL = 50

/** What was, is and will be delivered to a webhook; the newest first. */
export async function listDeliveries({ service, query }: Exchange, { document }: Kept<Webhook>): Promise<unknown> {
  const { limit = USUAL } = query as { readonly limit?: number }
  const now = service.clock.now()
  const listed = await service.store.listDocuments({ kind: DELIVERY, ref: document.id, limit }, now)
  return listed.map(found => writeDelivery(found, openDelivery(found).delivery))
}

/** Sends one delivery now, whatever the webhook listens to, and tells what became of it. It is tried once. */
export async function test(
  deliveries: Deliveries,
  { service, body }: Exchange,
  { document, body: webhook }: Kept<Webhook>,
): Promise<unknown> {
  const event = eventOf(body['event_type'] ?? 'signal.new')
  const { tenant, clock } = service
  const at = clock.now()
  const id = `dlv_${randomUUID()}`
  const news: Announcement = { event, tenant, subject: id, at, data: { test: true, message: 'a test delivery' } }
  const ref = document.id
  const { document: written } = newDelivery({ id, ref, tenant }, { event, payload: payloadOf(news, id) }, at)
  // Due for nobody else: it is sent here and now.
  const { due: _due, ...first } = written
  if (!(await writeDocuments(service, [first]))) throw conflict('changed_meanwhile', 'send it again')
  const target = { ...deliveries.targetOf({ id: ref, tenant, at: document.at, webhook }), maxRetries: 0 }
  const ended = await deliveries.courier.attempt(target, openDelivery(first))
  const { document: last, delivery } = ended ?? openDelivery(first)
  return writeDelivery(last, delivery)
}

/** Sends once more what was delivered, or never will be, from the first attempt on. Its id stays. */
export async function replay(
  deliveries: Deliveries,
  { service, params }: Exchange,
  { document }: Kept<Webhook>,
): Promise<unknown> {
  const now = service.clock.now()
  const known = openDelivery(await named(service, document.id, params['n'] ?? ''))
  if (!['delivered', 'dead'].includes(known.delivery.status)) throw underWay()
  const { event, payload } = known.delivery
  const again: KeptDelivery = revised(known, { event, payload, status: 'pending', attempts: 0 }, now, now)
  if (!(await writeDocuments(service, [again.document]))) throw underWay()
  deliveries.courier.wake()
  return { ...writeDelivery(again.document, again.delivery), replayed: true }
}

/** A delivery of a webhook, by its id or its number. @throws Refusal 404 */
async function named(service: Exchange['service'], webhook: string, name: string): Promise<StoredDocument> {
  const known = await findDocument(service, DELIVERY, name)
  if (known?.document.ref === webhook) return known.document
  const number = Number(name)
  for await (const { document } of eachDocument(service, { kind: DELIVERY, ref: webhook }))
    if (deliveryNumber(document.id) === number) return document
  throw notFound('delivery')
}

function underWay(): Refusal {
  return conflict('under_way', 'the delivery is still under way')
}

function eventOf(value: unknown): WebhookEvent {
  const event = WEBHOOK_EVENTS.find(name => name === value)
  if (event !== undefined) return event
  const expected = `Input should be one of ${WEBHOOK_EVENTS.join(', ')}`
  throw new Refusal(422, [problem(['body', 'event_type'], expected, 'enum')])
}
