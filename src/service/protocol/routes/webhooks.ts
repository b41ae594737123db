import type { Routes } from '../route.js'
import { any, flag, required, text, texts, within } from '../shape.js'

const COUNT = within(0, 10_000)
const WEBHOOK = {
  url: text,
  label: text,
  events: texts,
  symbols: texts,
  intervals: texts,
  description: text,
  secret: text,
  is_active: flag,
  metadata: any,
}

/** Who hears of events. Deliveries are recorded; nothing leaves the stand-in. */
export const WEBHOOK_ROUTES = {
  'POST /webhooks': {
    access: 'approver',
    body: { ...WEBHOOK, url: required(text), timeout_seconds: COUNT, max_retries: COUNT, retry_delay_seconds: COUNT },
  },
  'GET /webhooks': { query: { include_inactive: flag } },
  'GET /webhooks/events/list': {},
  'POST /webhooks/verify-signature': {
    body: { payload: required(any), signature: required(text), secret: required(text), timestamp: required(any) },
  },
  'GET /webhooks/{id}': {},
  'PATCH /webhooks/{id}': { access: 'approver', body: WEBHOOK },
  'DELETE /webhooks/{id}': { access: 'approver' },
  'GET /webhooks/{id}/deliveries': { query: { limit: within(1, 1000) } },
  'POST /webhooks/{id}/test': { body: { event_type: text } },
  'POST /webhooks/{id}/deliveries/{n}/replay': {},
} as const satisfies Routes
