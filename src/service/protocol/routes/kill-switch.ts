import type { Routes } from '../route.js'
import { oneOf, required, text } from '../shape.js'

/** Switches that stop everything, or everything in one domain. Whoever may ask may switch on; only an approver switches off. */
export const KILL_SWITCH_ROUTES = {
  'GET /kill-switch/status': {},
  'POST /kill-switch/activate': {
    body: { reason: required(text), scope: oneOf('global', 'domain'), domain: text, rule_id: text },
  },
  'POST /kill-switch/deactivate/{switch_id}': { access: 'approver', body: { open: { reason: text } } },
} as const satisfies Routes
