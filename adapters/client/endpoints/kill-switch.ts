import type { Area } from '../endpoint.js'

/** Stops everything. Anybody may pull it; only an approver lets go. */
export const killSwitch = {
  /** What is stopped. */
  status: { method: 'GET', path: '/kill-switch/status', answer: 'object' },
  /** Stops all calls, or those of a `domain` or a rule. */
  activate: {
    method: 'POST',
    path: '/kill-switch/activate',
    body: { reason: 'string!', scope: 'string', domain: 'string', ruleId: 'string' },
    idempotent: true,
  },
  /** Lets calls through again. */
  deactivate: {
    method: 'POST',
    path: '/kill-switch/deactivate/{switch_id}',
    body: { reason: 'string' },
    needs: 'approver',
    idempotent: true,
  },
} as const satisfies Area
