import type { KillSwitch, KillSwitchScope } from 'countersign'
import { present } from '../../../src/ambient.js'
import { conflict, notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { KILL_SWITCH_ROUTES } from '../../../src/service/protocol/routes/kill-switch.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { answersTo, type Endpoint, type Exchange } from '../endpoint.js'
import { textOf } from '../knowledge/sent.js'
import type { RuleStore } from '../rules/rule-store.js'
import type { Service } from '../service.js'
import { writtenScope } from '../wire/switch-scope.js'
import { timeOf } from '../wire/time.js'

/** Of a reason, a domain and a rule's id. */
const MAX_TEXT = 2000
/** Switches of a tenant that are on, beyond which agents throw no more that are for something only. */
const MOST_BY_AGENTS = 200

/** Switches that stop everything, or a domain, or what a rule is about. Whoever may ask may switch on; only an approver switches off. */
export function killSwitchEndpoints(rules: RuleStore): readonly Endpoint[] {
  return answersTo(KILL_SWITCH_ROUTES, {
    'GET /kill-switch/status': async ({ service }) => {
      const { active, switches } = await service.governor.killSwitch.status()
      return { is_active: active, active_switches: switches.map(writeSwitch) }
    },
    'POST /kill-switch/activate': exchange => activate(rules, exchange),
    'POST /kill-switch/deactivate/{switch_id}': deactivate,
  })
}

async function activate(rules: RuleStore, { service, principal, body }: Exchange): Promise<unknown> {
  const { reason, scope, domain, rule_id } = body as Readonly<Record<string, string | null | undefined>>
  for (const [field, text] of Object.entries({ reason, domain, rule_id })) {
    if (text === '') throw new Refusal(422, [problem(['body', field], 'Say which, or why', 'string_too_short')])
    if ((text ?? '').length > MAX_TEXT)
      throw new Refusal(422, [problem(['body', field], `Input should have at most ${MAX_TEXT} characters`, 'too_long')])
  }
  if (scope === 'domain' && typeof domain !== 'string') {
    throw new Refusal(422, [problem(['body', 'domain'], "Say which: scope is 'domain'", 'value_error')])
  }
  const narrower = {
    ...(typeof domain === 'string' ? { domain } : {}),
    ...(typeof rule_id === 'string' ? { rule: rule_id } : {}),
  }
  if (narrower.rule !== undefined) await live(rules, service.tenant, narrower.rule)
  if (principal?.role !== 'approver') await refuseMany(service, narrower)
  await service.governor.killSwitch.activate({ by: principal?.name ?? 'unknown', reason: reason ?? '', ...narrower })
  return { switch_id: idOf(narrower), success: true, ...writtenScope(narrower) }
}

/** Every decision looks at all of them. What stops everything can always be thrown. @throws Refusal 409 */
async function refuseMany({ governor, tenant }: Service, scope: KillSwitchScope): Promise<void> {
  if (Object.keys(scope).length === 0) return
  const own = (await governor.killSwitch.status()).switches.filter(known => known.tenant === tenant)
  if (own.length < MOST_BY_AGENTS || own.some(known => idOf(known) === idOf(scope))) return
  throw conflict(
    'too_many_switches',
    `there are ${MOST_BY_AGENTS} switches on: stop everything, or have an approver throw this one`,
  )
}

/** A switch on a rule that says nothing of any call would stop nothing, and look as if it did. @throws Refusal 404; 409 */
async function live(rules: RuleStore, tenant: string | undefined, id: string): Promise<void> {
  const { body } = await rules.get(tenant, id)
  if (body.status === 'active') return
  throw conflict(
    'rule_paused',
    'the rule is paused, so there is nothing that it is about: resume it first, or stop its domain',
  )
}

async function deactivate({ service, principal, params, body }: Exchange): Promise<unknown> {
  const { switch_id: id = '' } = params
  const { switches } = await service.governor.killSwitch.status()
  const found = switches.find(known => known.tenant === service.tenant && idOf(known) === id)
  if (found === undefined) throw notFound('switch')
  const { tenant: _tenant, reason: _reason, at: _at, ...scope } = found
  const said = present({ reason: textOf(body['reason']) })
  await service.governor.killSwitch.deactivate({ ...scope, ...said, by: principal?.name ?? 'unknown' })
  return { switch_id: id, success: true }
}

/** There is one at most of each scope. */
function idOf({ tool, domain, rule }: KillSwitchScope): string {
  const named = Object.entries({ tool, domain, rule }).filter(([, name]) => name !== undefined)
  const [first = ['global', '']] = named
  if (named.length > 1) return `switch_scope_${Buffer.from(JSON.stringify(named)).toString('base64url')}`
  return named.length === 0 ? 'switch_global' : `switch_${first[0]}_${first[1]}`
}

function writeSwitch(killSwitch: KillSwitch) {
  const { tenant, by, reason, at } = killSwitch
  return {
    id: idOf(killSwitch),
    switch_id: idOf(killSwitch),
    ...writtenScope(killSwitch),
    of_all_tenants: tenant === undefined,
    reason,
    activated_by: by,
    activated_at: timeOf(at),
    is_active: true,
  }
}
