import { VERSION } from 'countersign'
import { timeOf } from '../wire/time.js'
import type { Sending, Target } from './delivery.js'
import type { Announcement } from './news.js'
import type { Reach } from './addresses.js'
import { post } from './post.js'
import { sign } from './signature.js'

/** Kind of the documents that hold webhooks. */
export const WEBHOOK = 'webhook'

/** Somebody who is told of events over HTTP, as it is stored. */
export interface Webhook {
  readonly url: string
  readonly label: string | null
  /** All when empty. */
  readonly events: readonly string[]
  readonly symbols: readonly string[]
  readonly intervals: readonly string[]
  readonly description: string | null
  /** Signs what is sent. Never shown again. */
  readonly secret: string
  readonly isActive: boolean
  readonly metadata: unknown
  readonly timeoutSeconds: number
  readonly maxRetries: number
  readonly retryDelaySeconds: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
}

/** What a webhook is, and whose. */
export interface OwnedWebhook {
  readonly id: string
  readonly tenant: string | undefined
  /** Epoch milliseconds at which it was registered. */
  readonly at: number
  readonly webhook: Webhook
}

const SECOND = 1000

/** A webhook as somebody who is told of the events of its tenant. */
export function webhookTarget({ id, tenant, at, webhook }: OwnedWebhook, reach: Reach): Target {
  const { url, secret, events, timeoutSeconds, maxRetries, retryDelaySeconds } = webhook
  const isHeard: Target['hears'] = news => news.tenant === tenant && hears(events, news.event)
  return {
    ref: id,
    since: at,
    hears: isHeard,
    maxRetries,
    retryDelayMs: retryDelaySeconds * SECOND,
    timeoutMs: timeoutSeconds * SECOND,
    payloadFor: (news, delivery) =>
      isHeard(news) ? payloadOf(news, delivery, wantsInputs(webhook.metadata)) : undefined,
    send: (sending, signal) =>
      post({ url, headers: signedHeaders(sending, id, secret), body: sending.payload, signal, ...reach }),
  }
}

/** What an event is told as. */
export function payloadOf(news: Announcement, id: string, withInputs = false): string {
  return JSON.stringify({
    id,
    event: news.event,
    created_at: timeOf(news.at),
    org_id: news.tenant ?? 'default',
    data: withInputs && 'input' in news ? { ...news.data, input: news.input ?? null } : news.data,
  })
}

/** Headers that say what it is, and that it comes from here: each attempt is signed with its own time. */
export function signedHeaders(sending: Sending, webhook: string, secret: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(sending.at / SECOND))
  return {
    'content-type': 'application/json',
    'user-agent': `countersign/${VERSION}`,
    'x-webhook-id': webhook,
    'x-delivery-id': sending.id,
    'x-event-type': sending.event,
    'x-attempt': String(sending.attempt),
    'x-timestamp': timestamp,
    'x-signature': sign(secret, timestamp, sending.payload),
  }
}

function hears(events: readonly string[], event: string): boolean {
  return events.length === 0 || events.includes('*') || events.includes(event)
}

/** Only where the webhook says so in so many words. */
function wantsInputs(metadata: unknown): boolean {
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    Object.hasOwn(metadata, 'include_inputs') &&
    (metadata as { readonly include_inputs: unknown }).include_inputs === true
  )
}
