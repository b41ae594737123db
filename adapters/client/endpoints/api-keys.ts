import type { Area } from '../endpoint.js'

/** Keys of the service. Whoever acts hands out none. */
export const apiKeys = {
  /** Makes a key, which is shown this once. */
  create: {
    method: 'POST',
    path: '/api-keys',
    body: {
      label: 'string',
      scopes: 'strings',
      rateLimitPerMinute: 'number',
      ipWhitelist: 'strings',
      expiresInDays: 'number',
    },
    defaults: { label: 'default' },
    needs: 'approver',
    once: true,
    answer: 'object',
  },
  /** Keys, without what is secret of them. */
  list: {
    method: 'GET',
    path: '/api-keys',
    query: { includeRevoked: 'boolean' },
    defaults: { includeRevoked: false },
  },
  /** Revokes a key. */
  delete: {
    method: 'DELETE',
    path: '/api-keys/{key_id}',
    body: { reason: 'string', keepMade: 'boolean' },
    needs: 'approver',
  },
  /** Replaces a key by a new one. */
  rotate: { method: 'POST', path: '/api-keys/{key_id}/rotate', needs: 'approver', once: true },
  /** Whether a key is good. It is sent in the address, as services expect: keep it from being logged on the way. */
  validate: {
    method: 'GET',
    path: '/api-keys/validate',
    query: { apiKey: 'string!' },
    adjust: 'keyAsksItself',
    answer: 'object',
  },
  /** What keys can be allowed to do. */
  scopes: { method: 'GET', path: '/api-keys/scopes' },
} as const satisfies Area
