import { RULE_ROUTES } from '../../../service/protocol/routes/rules.js'
import { applyPatch, isSame, type PatchOperation } from '../../../service/protocol/json-patch.js'
import { conflict, notFound, Refusal } from '../../../service/protocol/refusal.js'
import { isRecord } from '../../../service/protocol/validate.js'
import { endpointsOf, type Endpoint, type Exchange } from '../endpoint.js'
import type { WireRecord, World } from '../world.js'
import { bind, matches } from './collections.js'

/** Fields that no patch may touch. */
const FIXED: ReadonlySet<string> = new Set(['rule_id', 'version', 'created_at', 'updated_at'])

/** Rules of the service, each with its versions. Only an approver changes them. */
export const ruleEndpoints = endpointsOf(RULE_ROUTES, {
  'POST /rules': create,
  'GET /rules': ({ world, query: { limit = 50, offset = 0, ...filters } }) =>
    [...world.rules.keys()]
      .map(id => latest(world, id))
      .filter(rule => matches(rule, filters))
      .slice(offset as number, (offset as number) + (limit as number)),
  'POST /rules/dry-run': ({ body }) => ({ ...body, rule_id: null, dry_run: true }),
  'POST /rules/validate': check,
  'POST /rules/validate/dry-run': check,
  'GET /rules/domains': [
    { id: 'payments', name: 'Payments', max_per_day_default: 100, max_value_default: 1000, unit: 'USD' },
  ],
  'POST /rules/admin/idempotency/purge': ({ world, query }) => ({
    purged: query['only_expired'] === false ? world.forgetKeys() : 0,
  }),
  'GET /rules/{id}': ({ world, params }) => latest(world, params['id']),
  'PATCH /rules/{id}': ({ world, params, body }) => revise(world, latest(world, params['id']), bind(body)),
  'DELETE /rules/{id}': ({ world, params }) => {
    latest(world, params['id'])
    world.rules.delete(params['id'] ?? '')
    return { success: true, rule_id: params['id'] }
  },
  'POST /rules/{id}/pause': status('paused'),
  'POST /rules/{id}/resume': status('active'),
  'GET /rules/{id}/versions': ({ world, params, query }) => {
    latest(world, params['id'])
    return world.rules
      .get(params['id'] ?? '')
      ?.toReversed()
      .slice(0, (query['limit'] as number | undefined) ?? 50)
  },
  'POST /rules/{id}/apply_patch': patch,
})

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
  const { value } = patched
  if (!isRecord(value)) throw new Refusal(422, { code: 'invalid_patch', message: 'the rule is no rule any more' })
  const changed = Object.keys({ ...rule, ...value }).filter(field => !isSame(rule[field], value[field]))
  const fixed = changed.find(field => FIXED.has(field))
  if (fixed !== undefined) throw new Refusal(422, { code: 'invalid_patch', message: `/${fixed} cannot be changed` })
  const after = preview === true ? value : revise(world, rule, value)
  return {
    rule_id: id,
    preview,
    applied: preview !== true,
    patch_valid: true,
    changed_paths: changed.map(field => `/${field}`),
    changed_fields: changed.map(field => ({ field, before: rule[field] ?? null, after: value[field] ?? null })),
    before: rule,
    after,
  }
}
