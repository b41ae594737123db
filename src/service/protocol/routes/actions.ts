import type { Routes } from '../route.js'
import { flag, listOf, number, object, oneOf, required, shaped, text, within } from '../shape.js'

const ACTION = { action: required(text), actor: text, value: number, target: text, domain: text, context: object }
const EVALUATE = { ...ACTION, metadata: object, dry_run: flag, check_contracts: flag }
const LIVE = { connection_mode: oneOf('live'), require_live_connection: flag, connection_id: text }

/** Questions about actions, in the words of clients old and new. */
export const ACTION_ROUTES = {
  'POST /actions/evaluate': { body: { ...EVALUATE, ...LIVE } },
  'POST /actions/submit': { body: { ...EVALUATE, ...LIVE } },
  'POST /actions/submit/v2': { body: { open: EVALUATE } },
  'POST /actions/submit/dry-run': { body: { open: EVALUATE } },
  'POST /actions/evaluate/batch': {
    body: { actions: required(listOf(shaped(EVALUATE), 100)), actor: text, domain: text },
  },
  'POST /actions/live/connect': { body: { actor: text, context: object } },
  'POST /actions/live/heartbeat': { body: { connection_id: required(text), context: object } },
  'POST /actions/live/disconnect': { body: { connection_id: required(text), context: object } },
  'GET /actions/validations/{id}/verify': {},
  'GET /actions/status': {},
  'GET /actions/observer/stats': {},
  'GET /actions/dashboard/summary': {},
  'GET /actions/dashboard/value-protected-history': { query: { days: within(1, 365) } },
} as const satisfies Routes
