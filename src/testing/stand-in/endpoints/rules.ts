import { conflict, type Endpoint, type Exchange, notFound, Refusal } from '../endpoint.js'
import { applyPatch, type PatchOperation } from '../json-patch.js'
import { any, flag, integer, listOf, number, object, oneOf, required, shaped, text, texts, within } from '../shape.js'
import type { WireRecord, World } from '../world.js'
import { bind, matches } from './collections.js'

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
  op: required(oneOf('add', 'replace', 'remove', 'test')),
  path: required(text),
  value: any,
})

/** Rules of the service, each with its versions. Only an approver changes them. */
export const ruleEndpoints: readonly Endpoint[] = [
  { route: 'POST /rules', access: 'approver', body: RULE, answer: create },
  {
    route: 'GET /rules',
    query: { status: text, domain: text, limit: within(1, 1000), offset: integer },
    answer: ({ world, query: { limit = 50, offset = 0, ...filters } }) =>
      [...world.rules.keys()]
        .map(id => latest(world, id))
        .filter(rule => matches(rule, filters))
        .slice(offset as number, (offset as number) + (limit as number)),
  },
  { route: 'POST /rules/dry-run', body: RULE, answer: ({ body }) => ({ ...body, rule_id: null, dry_run: true }) },
  { route: 'POST /rules/validate', body: CHECK, answer: check },
  { route: 'POST /rules/validate/dry-run', body: CHECK, answer: check },
  {
    route: 'GET /rules/domains',
    answer: [{ id: 'payments', name: 'Payments', max_per_day_default: 100, max_value_default: 1000, unit: 'USD' }],
  },
  {
    route: 'POST /rules/admin/idempotency/purge',
    access: 'approver',
    query: { only_expired: flag, older_than_hours: number, limit: within(1, 100_000) },
    answer: ({ world, query }) => ({ purged: query['only_expired'] === false ? world.forgetKeys() : 0 }),
  },
  { route: 'GET /rules/{id}', answer: ({ world, params }) => latest(world, params['id']) },
  {
    route: 'PATCH /rules/{id}',
    access: 'approver',
    body: CHANGE,
    answer: ({ world, params, body }) => revise(world, latest(world, params['id']), bind(body)),
  },
  {
    route: 'DELETE /rules/{id}',
    access: 'approver',
    answer: ({ world, params }) => {
      latest(world, params['id'])
      world.rules.delete(params['id'] ?? '')
      return { success: true, rule_id: params['id'] }
    },
  },
  { route: 'POST /rules/{id}/pause', access: 'approver', answer: status('paused') },
  { route: 'POST /rules/{id}/resume', access: 'approver', answer: status('active') },
  {
    route: 'GET /rules/{id}/versions',
    query: { limit: within(1, 1000) },
    answer: ({ world, params, query }) => {
      latest(world, params['id'])
      return world.rules
        .get(params['id'] ?? '')
        ?.toReversed()
        .slice(0, (query['limit'] as number | undefined) ?? 50)
    },
  },
  {
    route: 'POST /rules/{id}/apply_patch',
    access: 'approver',
    body: { patch: required(listOf(PATCH, 100)), preview: flag, reason: text, if_match_version: integer },
    answer: patch,
  },
]

function create({ world, body }: Exchange): WireRecord {
  const id = world.id('rule')
  const usage = { usage_today: 0, usage_total: 0, blocked_today: 0, blocked_total: 0 }
  const rule = {
    rule_id: id,
    ...body,
    status: 'active',
    ...usage,
    version: 1,
    created_at: world.now(),
    updated_at: world.now(),
  }
  world.rules.set(id, [rule])
  return rule
}

/** The rule as it is now. @throws Refusal 404 */
function latest(world: World, id = ''): WireRecord {
  const rule = world.rules.get(id)?.at(-1)
  if (rule === undefined) throw notFound('rule')
  return rule
}

function revise(world: World, rule: WireRecord, fields: WireRecord): WireRecord {
  const revised = { ...rule, ...fields, version: Number(rule['version']) + 1, updated_at: world.now() }
  world.rules.get(rule['rule_id'] as string)?.push(revised)
  return revised
}

function status(to: string): Endpoint['answer'] {
  return ({ world, params }) => revise(world, latest(world, params['id']), { status: to })
}

function check({ body }: Exchange): unknown {
  return { allowed: true, result: 'allowed', action: body['action'], dry_run: body['dry_run'] ?? true }
}

/** @throws Refusal 409 for a version that is not the newest, 412 where only the header says so, 422 for a patch that does not apply */
function patch({ world, params, body, headers }: Exchange): unknown {
  const rule = latest(world, params['id'])
  const { version, rule_id: id } = rule
  const { if_match_version: expected, preview = true, patch: operations } = body
  if (typeof expected === 'number' && expected !== version)
    throw conflict('version_conflict', `the rule is at version ${String(version)}`)
  const tag = headers['if-match']
  if (tag !== undefined && tag !== '*' && tag !== `W/"rule:${String(id)}:v${String(version)}"`) {
    throw conflict('precondition_failed', `the rule is at version ${String(version)}`, 412)
  }
  const patched = applyPatch(rule, operations as readonly PatchOperation[])
  if ('problem' in patched) throw new Refusal(422, { code: 'invalid_patch', message: patched.problem })
  const changed = Object.keys({ ...rule, ...patched.value }).filter(field => rule[field] !== patched.value[field])
  const after = preview === true ? patched.value : revise(world, rule, patched.value)
  return {
    rule_id: id,
    preview,
    applied: preview !== true,
    patch_valid: true,
    changed_paths: changed.map(field => `/${field}`),
    changed_fields: changed.map(field => ({ field, before: rule[field] ?? null, after: patched.value[field] ?? null })),
    before: rule,
    after,
  }
}
