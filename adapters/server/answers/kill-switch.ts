import type { KillSwitch } from 'countersign'
import { notFound, Refusal } from '../../../src/service/protocol/refusal.js'
import { KILL_SWITCH_ROUTES } from '../../../src/service/protocol/routes/kill-switch.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { timeOf } from '../wire/time.js'

/** Switches that stop everything. Whoever may ask may switch on; only an approver switches off. */
export const killSwitchEndpoints = answersTo(KILL_SWITCH_ROUTES, {
  'GET /kill-switch/status': async ({ service }) => {
    const { active, switches } = await service.governor.killSwitch.status()
    return { is_active: active, active_switches: switches.map(writeSwitch) }
  },
  'POST /kill-switch/activate': activate,
  'POST /kill-switch/deactivate/{switch_id}': deactivate,
})

async function activate({ service, principal, body }: Exchange): Promise<unknown> {
  const {
    reason,
    scope = 'global',
    domain,
    rule_id: rule,
  } = body as Readonly<Record<string, string | null | undefined>>
  if (reason === '') throw new Refusal(422, [problem(['body', 'reason'], 'Say why', 'string_too_short')])
  const narrower = [
    scope === 'domain' ? 'scope' : undefined,
    typeof domain === 'string' ? 'domain' : undefined,
    typeof rule === 'string' ? 'rule_id' : undefined,
  ].find(name => name !== undefined)
  if (narrower !== undefined) {
    const instead = "a switch stops everything (scope 'global'); to stop one domain, pause or tighten its rules"
    throw new Refusal(422, [problem(['body', narrower], instead, 'unsupported')])
  }
  await service.governor.killSwitch.activate({ by: principal?.name ?? 'unknown', reason: reason ?? '' })
  return { switch_id: idOf({}), success: true }
}

async function deactivate({ service, principal, params }: Exchange): Promise<unknown> {
  const { switch_id: id = '' } = params
  const { switches } = await service.governor.killSwitch.status()
  const found = switches.find(known => known.tenant === service.tenant && idOf(known) === id)
  if (found === undefined) throw notFound('switch')
  const { tool } = found
  await service.governor.killSwitch.deactivate({
    by: principal?.name ?? 'unknown',
    ...(tool === undefined ? {} : { tool }),
  })
  return { switch_id: id, success: true }
}

/** There is one at most for everything, and one for each tool. */
function idOf({ tool }: Pick<KillSwitch, 'tool'>): string {
  return tool === undefined ? 'switch_global' : `switch_tool_${tool}`
}

function writeSwitch(killSwitch: KillSwitch) {
  const { tool, tenant, by, reason, at } = killSwitch
  return {
    id: idOf(killSwitch),
    switch_id: idOf(killSwitch),
    scope: tool === undefined ? 'global' : 'tool',
    tool: tool ?? null,
    domain: null,
    of_all_tenants: tenant === undefined,
    reason,
    activated_by: by,
    activated_at: timeOf(at),
    is_active: true,
  }
}
