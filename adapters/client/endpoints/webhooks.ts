import type { Area } from '../endpoint.js'

const ENDPOINT = {
  label: 'string',
  events: 'strings',
  symbols: 'strings',
  intervals: 'strings',
} as const

/** News that a service brings. Check what arrives with `verifyWebhook`, without asking the service. */
export const webhooks = {
  /** Adds one. */
  create: {
    method: 'POST',
    path: '/webhooks',
    body: {
      url: 'string!',
      ...ENDPOINT,
      timeoutSeconds: 'number',
      maxRetries: 'number',
      retryDelaySeconds: 'number',
    },
    // Everything that is decided is sent to an address of the caller's choosing.
    needs: 'approver',
    once: true,
  },
  /** All that are active. */
  list: {
    method: 'GET',
    path: '/webhooks',
    query: { includeInactive: 'boolean' },
    defaults: { includeInactive: false },
  },
  /** One of them. */
  get: { method: 'GET', path: '/webhooks/{webhook_id}', answer: 'object' },
  /** Changes the fields that are given. */
  update: {
    method: 'PATCH',
    path: '/webhooks/{webhook_id}',
    body: { url: 'string', ...ENDPOINT, isActive: 'boolean' },
    needs: 'approver',
  },
  /** Removes one. */
  delete: { method: 'DELETE', path: '/webhooks/{webhook_id}', needs: 'approver' },
  /** What was delivered, and what was not. */
  deliveries: { method: 'GET', path: '/webhooks/{webhook_id}/deliveries', query: { limit: 'number' } },
  /** Delivers something to try it. */
  test: {
    method: 'POST',
    path: '/webhooks/{webhook_id}/test',
    body: { eventType: 'string' },
    defaults: { eventType: 'signal.new' },
    once: true,
  },
  /** Delivers again what failed. */
  replay: { method: 'POST', path: '/webhooks/{webhook_id}/deliveries/{delivery_id}/replay', once: true },
  /** The events there are. */
  listEvents: { method: 'GET', path: '/webhooks/events/list' },
  /** Has the service check a signature. This sends it the secret: `verifyWebhook` does not. */
  verifySignature: {
    method: 'POST',
    path: '/webhooks/verify-signature',
    body: { payload: 'string!', signature: 'string!', secret: 'string!', timestamp: 'number!' },
    answer: 'object',
  },
} as const satisfies Area
