import { GovernanceError } from 'countersign'
import { timeOf } from '../wire/time.js'
import type { Sending } from '../deliveries/delivery.js'
import { hostsOf } from '../deliveries/addresses.js'
import { post } from '../deliveries/post.js'
import { signedHeaders } from '../deliveries/webhook.js'
import type { Channel } from './channel.js'

/** Options of {@link webhookChannel}. */
export interface WebhookChannelOptions {
  readonly url: string
  /** Signs what is sent, as webhooks are: check it with `verifyWebhook`. */
  readonly secret: string
  /** @defaultValue 'webhook' */
  readonly name?: string
  /** Only requests of this tenant. @defaultValue those of all tenants */
  readonly tenant?: string
  /** It may be on this machine, and there without https. @defaultValue false */
  readonly allowLoopback?: boolean
  /** The host may be at an address of your own network. Over https, as all. @defaultValue false */
  readonly allowPrivate?: boolean
}

/**
 * Tells a program of yours, which tells people.
 *
 * @throws GovernanceError `invalid-option` without a secret
 */
export function webhookChannel(options: WebhookChannelOptions): Channel {
  const { url, secret, name = 'webhook', tenant, allowLoopback = false, allowPrivate = false } = options
  const reach = { allowLoopback, ...(allowPrivate && { allowHosts: hostsOf(url) }) }
  if (typeof secret !== 'string' || secret === '') {
    throw new GovernanceError(
      'invalid-option',
      'Option `secret` of `webhookChannel`: expected a text that is not empty.',
    )
  }
  const tell = (sending: Sending, signal: AbortSignal): Promise<number> =>
    post({ url, headers: signedHeaders(sending, name, secret), body: sending.payload, signal, ...reach })
  return {
    name,
    ...(tenant === undefined ? {} : { tenant }),
    send: ({ expiresAt, sentAt, attempt, ...notice }, signal) => {
      const event = 'approval.requested'
      const payload = JSON.stringify({ ...notice, event, expiresAt: timeOf(expiresAt) })
      return tell({ id: notice.id, event, payload, attempt, at: sentAt }, signal)
    },
    followUp: ({ sentAt, attempt, ...ending }, signal) => {
      const event = 'approval.resolved'
      return tell({ id: ending.id, event, payload: JSON.stringify({ ...ending, event }), attempt, at: sentAt }, signal)
    },
  }
}
