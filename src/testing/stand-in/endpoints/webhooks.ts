import { WEBHOOK_ROUTES } from '../../../service/protocol/routes/webhooks.js'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { notFound } from '../../../service/protocol/refusal.js'
import { endpointsOf, type Exchange } from '../endpoint.js'
import type { WireRecord } from '../world.js'
import { change, create, read, recordOf, remove } from './collections.js'

const EVENT_TYPES = [
  'signal.new',
  'outcome.reported',
  'rule.patch_previewed',
  'rule.patch_applied',
  'decision_event.created',
]
const [changed, removed] = [change('webhooks'), remove('webhooks')]
/** Seconds by which a signature's time may differ. */
const TOLERANCE = 300

/** Who hears of events. Deliveries are recorded; nothing leaves the stand-in. */
export const webhookEndpoints = endpointsOf(WEBHOOK_ROUTES, {
  'POST /webhooks': create('webhooks', 'webhook_id', 'wh'),
  'GET /webhooks': listed,
  'GET /webhooks/events/list': { events: EVENT_TYPES },
  'POST /webhooks/verify-signature': verifySignature,
  'GET /webhooks/{id}': read('webhooks'),
  'PATCH /webhooks/{id}': exchange => ({ ...changed(exchange), status: 'updated' }),
  'DELETE /webhooks/{id}': exchange => ({ ...removed(exchange), status: 'deleted' }),
  'GET /webhooks/{id}/deliveries': exchange =>
    deliveriesOf(exchange).slice(0, (exchange.query['limit'] as number | undefined) ?? 50),
  'POST /webhooks/{id}/test': exchange =>
    deliver(exchange, (exchange.body['event_type'] as string | undefined) ?? 'signal.new'),
  'POST /webhooks/{id}/deliveries/{n}/replay': exchange => {
    const delivery = deliveriesOf(exchange).find(({ delivery_id: id }) => String(id) === exchange.params['n'])
    if (delivery === undefined) throw notFound('delivery')
    return { ...deliver(exchange, delivery['event_type'] as string), replayed: true }
  },
})

function listed({ world, query }: Exchange): readonly WireRecord[] {
  const hooks = [...world.collection('webhooks').values()]
  return query['include_inactive'] === true ? hooks : hooks.filter(hook => hook['is_active'] !== false)
}

function deliveriesOf(exchange: Exchange): readonly WireRecord[] {
  const { webhook_id: id } = recordOf(exchange, 'webhooks')
  return [...exchange.world.collection('deliveries').values()].filter(({ webhook_id: of }) => of === id)
}

function deliver(exchange: Exchange, event: string): WireRecord {
  const { world } = exchange
  const deliveries = world.collection('deliveries')
  const id = deliveries.size + 1
  const delivery = {
    delivery_id: id,
    webhook_id: recordOf(exchange, 'webhooks')['webhook_id'],
    event_type: event,
    status: 'delivered',
  }
  deliveries.set(String(id), delivery)
  return delivery
}

/** `v1=` and the HMAC of `timestamp.payload`; an object is signed as JSON writes it. */
function verifySignature({ world, body }: Exchange): unknown {
  const { payload, signature, secret, timestamp } = body as Record<string, string>
  const signed = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const expected = Buffer.from(
    `v1=${createHmac('sha256', secret ?? '')
      .update(`${timestamp}.${signed}`)
      .digest('hex')}`,
  )
  const given = Buffer.from(signature ?? '')
  const matches = expected.length === given.length && timingSafeEqual(expected, given)
  const inTime = Math.abs(world.clock.now() / 1000 - Number(timestamp)) <= TOLERANCE
  return {
    valid: matches && inTime,
    reason: matches ? (inTime ? null : 'timestamp outside of tolerance') : 'signature mismatch',
  }
}
