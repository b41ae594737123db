import type { Area } from '../endpoint.js'

/** Requests to people. */
export const approvals = {
  /** Requests, those that wait unless another `status` is asked for. */
  list: {
    method: 'GET',
    path: '/approvals',
    query: { status: 'string', limit: 'number' },
    defaults: { status: 'pending' },
    answer: 'list',
  },
  /** Answers the request that a decision with this `requestId` opened. `rejected` is sent as `denied`. */
  resolve: {
    method: 'POST',
    path: '/approvals/{request_id}/resolve',
    body: { resolution: { oneOf: ['approved', 'rejected', 'denied'], required: true }, comment: 'string' },
    needs: 'approver',
    idempotent: true,
    adjust: 'rejectedIsDenied',
  },
} as const satisfies Area
