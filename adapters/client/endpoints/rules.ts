import type { Area } from '../endpoint.js'

const LIMITS = {
  requireApprovalAbove: 'number?',
  minValue: 'number?',
  maxPerHour: 'number?',
  cooldownSeconds: 'number?',
  allowedHoursStart: 'number?',
  allowedHoursEnd: 'number?',
  tags: 'strings',
  metadata: 'data',
} as const
const NEW_RULE = {
  name: 'string!',
  domain: 'string!',
  maxPerDay: 'number!',
  maxValue: 'number!',
  ...LIMITS,
} as const
const TRIAL = {
  action: 'string!',
  actor: 'string',
  value: 'number',
  ruleId: 'string',
  metadata: 'data',
  dryRun: 'boolean',
} as const
/** Whoever acts does not write its own limits. */
const WRITE = { needs: 'approver', idempotent: true } as const

/** The service's own rules, which it also calls constraints. */
export const rules = {
  /** Adds a rule. */
  create: { method: 'POST', path: '/rules', body: NEW_RULE, ...WRITE, once: true },
  /** Rules, all unless filtered. */
  list: {
    method: 'GET',
    path: '/rules',
    query: { status: 'string', domain: 'string', limit: 'number', offset: 'number' },
    answer: 'list',
  },
  /** One rule. */
  get: { method: 'GET', path: '/rules/{rule_id}', answer: 'object' },
  /** Changes the fields that are given. */
  update: {
    method: 'PATCH',
    path: '/rules/{rule_id}',
    body: { name: 'string', domain: 'string', maxPerDay: 'number', maxValue: 'number', status: 'string', ...LIMITS },
    ...WRITE,
  },
  /** Removes a rule. */
  delete: { method: 'DELETE', path: '/rules/{rule_id}', ...WRITE },
  /** Lets a rule rest. */
  pause: { method: 'POST', path: '/rules/{rule_id}/pause', ...WRITE },
  /** Lets it hold again. */
  resume: { method: 'POST', path: '/rules/{rule_id}/resume', ...WRITE },
  /** What adding a rule would do; nothing is kept. */
  dryRun: { method: 'POST', path: '/rules/dry-run', body: NEW_RULE },
  /** What the rules say to a call. */
  validate: { method: 'POST', path: '/rules/validate', body: TRIAL, answer: 'object' },
  /** The same, and nothing is counted. */
  validateDryRun: { method: 'POST', path: '/rules/validate/dry-run', body: TRIAL, answer: 'object' },
  /** Domains that rules can be for, with their defaults. */
  domains: { method: 'GET', path: '/rules/domains', answer: 'list' },
  /** How a rule was before. */
  versions: { method: 'GET', path: '/rules/{rule_id}/versions', query: { limit: 'number' }, answer: 'list' },
  /**
   * Changes a rule by a JSON Patch, whose paths have the names of the wire (`/max_value`). Shows what would change unless
   * `preview` is false. With `ifMatchVersion`, only that version is changed: else a `service-validation` error (409).
   */
  applyPatch: {
    method: 'POST',
    path: '/rules/{rule_id}/apply_patch',
    body: { patch: 'patch!', preview: 'boolean', reason: 'string', ifMatchVersion: 'number' },
    defaults: { preview: true },
    ...WRITE,
    once: true,
    adjust: 'ifMatch',
  },
  /** Forgets idempotency keys: expired ones, unless told otherwise. */
  purgeIdempotency: {
    method: 'POST',
    path: '/rules/admin/idempotency/purge',
    query: { onlyExpired: 'boolean', olderThanHours: 'number', limit: 'number' },
    defaults: { onlyExpired: true },
    needs: 'approver',
  },
} as const satisfies Area
