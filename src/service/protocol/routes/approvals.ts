import type { Routes } from '../route.js'
import { oneOf, required, text, within } from '../shape.js'

/** Requests to people, and their answers. */
export const APPROVAL_ROUTES = {
  'GET /approvals': { query: { status: text, limit: within(1, 1000) } },
  'POST /approvals/{request_id}/resolve': {
    access: 'approver',
    body: { resolution: required(oneOf('approved', 'denied', 'rejected')), comment: text },
  },
} as const satisfies Routes
