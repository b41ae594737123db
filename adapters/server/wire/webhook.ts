import type { StoredDocument } from 'countersign'
import { type Delivery, deliveryNumber } from '../deliveries/delivery.js'
import type { Webhook } from '../deliveries/webhook.js'
import type { Kept } from '../documents.js'
import { timeOf } from './time.js'

/** A webhook as clients know it: without its secret. */
export function writeWebhook({ document, body }: Kept<Webhook>) {
  return {
    webhook_id: document.id,
    url: body.url,
    label: body.label,
    events: body.events,
    symbols: body.symbols,
    intervals: body.intervals,
    description: body.description,
    is_active: body.isActive,
    metadata: body.metadata,
    timeout_seconds: body.timeoutSeconds,
    max_retries: body.maxRetries,
    retry_delay_seconds: body.retryDelaySeconds,
    has_secret: true,
    created_at: timeOf(document.at),
    updated_at: timeOf(body.updatedAt),
  }
}

/** A delivery as clients know it: by a number. Its `id` is what is sent along with each attempt. */
export function writeDelivery({ id, ref, at, due }: StoredDocument, delivery: Delivery) {
  const { event, status, attempts, attemptedAt, answered, error } = delivery
  return {
    delivery_id: deliveryNumber(id),
    id,
    webhook_id: ref,
    event_type: event,
    status,
    attempts,
    response_status: answered ?? null,
    error: error ?? null,
    created_at: timeOf(at),
    last_attempt_at: attemptedAt === undefined ? null : timeOf(attemptedAt),
    next_attempt_at: status === 'retrying' && due !== undefined ? timeOf(due) : null,
  }
}
