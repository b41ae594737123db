import type { Routes } from '../route.js'
import { any, flag, integer, listOf, number, object, oneOf, required, shaped, text, texts, within } from '../shape.js'

const LIMITS = {
  max_per_day: within(0, Number.MAX_SAFE_INTEGER),
  max_value: number,
  require_approval_above: number,
  min_value: number,
  max_per_hour: within(0, Number.MAX_SAFE_INTEGER),
  cooldown_seconds: number,
  allowed_hours_start: within(0, 24),
  allowed_hours_end: within(0, 24),
  tags: texts,
  metadata: object,
  description: text,
}
const RULE = {
  ...LIMITS,
  name: required(text),
  domain: required(text),
  max_per_day: required(LIMITS.max_per_day),
  max_value: required(number),
}
const CHANGE = { ...LIMITS, name: text, domain: text, status: oneOf('active', 'paused') }
const CHECK = { action: required(text), actor: text, value: number, rule_id: text, metadata: object, dry_run: flag }
const PATCH = shaped({
  op: required(oneOf('add', 'replace', 'remove', 'test', 'move', 'copy')),
  path: required(text),
  from: text,
  value: any,
})

/** Rules of the service, each with its versions. Only an approver changes them. */
export const RULE_ROUTES = {
  'POST /rules': { access: 'approver', body: RULE },
  'GET /rules': { query: { status: text, domain: text, limit: within(1, 1000), offset: integer } },
  'POST /rules/dry-run': { body: RULE },
  'POST /rules/validate': { body: CHECK },
  'POST /rules/validate/dry-run': { body: CHECK },
  'GET /rules/domains': {},
  'POST /rules/admin/idempotency/purge': {
    access: 'approver',
    query: { only_expired: flag, older_than_hours: number, limit: within(1, 100_000) },
  },
  'GET /rules/{id}': {},
  'PATCH /rules/{id}': { access: 'approver', body: CHANGE },
  'DELETE /rules/{id}': { access: 'approver' },
  'POST /rules/{id}/pause': { access: 'approver' },
  'POST /rules/{id}/resume': { access: 'approver' },
  'GET /rules/{id}/versions': { query: { limit: within(1, 1000) } },
  'POST /rules/{id}/apply_patch': {
    access: 'approver',
    body: { patch: required(listOf(PATCH, 100)), preview: flag, reason: text, if_match_version: integer },
  },
} as const satisfies Routes
