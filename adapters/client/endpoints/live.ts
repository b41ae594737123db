import type { Area } from '../endpoint.js'

/** Connections that an agent keeps open while it works. */
export const live = {
  /** Opens one. */
  connect: {
    method: 'POST',
    path: '/actions/live/connect',
    body: { actor: 'string', context: 'data' },
    once: true,
    answer: 'object',
  },
  /** Keeps one open: every `heartbeatIntervalSeconds`. */
  heartbeat: {
    method: 'POST',
    path: '/actions/live/heartbeat',
    body: { connectionId: 'string!', context: 'data' },
  },
  /** Closes one. */
  disconnect: {
    method: 'POST',
    path: '/actions/live/disconnect',
    body: { connectionId: 'string!', context: 'data' },
  },
} as const satisfies Area
