import type { Routes } from '../route.js'
import { flag, required, text, texts, within } from '../shape.js'

const ACCOUNT = { email: required(text), password: required(text) }
const SESSION = { refresh_token: required(text) }

/** Keys of agents. What is made here is a credential at once, and none once it is revoked. */
export const API_KEY_ROUTES = {
  'POST /api-keys': {
    access: 'approver',
    body: {
      label: text,
      scopes: texts,
      rate_limit_per_minute: within(1, 1_000_000),
      ip_whitelist: texts,
      expires_in_days: within(1, 3650),
    },
  },
  'GET /api-keys': { query: { include_revoked: flag } },
  'GET /api-keys/validate': { access: 'anyone', query: { api_key: required(text) } },
  'GET /api-keys/scopes': {},
  'DELETE /api-keys/{id}': { access: 'approver', body: { open: { reason: text, keep_made: flag } } },
  'POST /api-keys/{id}/rotate': { access: 'approver' },
} as const satisfies Routes

/** People, who may do what an agent may not. */
export const AUTH_ROUTES = {
  'POST /auth/signup': { access: 'anyone', body: ACCOUNT },
  'POST /auth/login': { access: 'anyone', body: ACCOUNT },
  'POST /auth/refresh': { access: 'anyone', body: SESSION },
  'POST /auth/logout': { access: 'anyone', body: SESSION },
} as const satisfies Routes
