import { KILL_SWITCH_ROUTES } from '../../../service/protocol/routes/kill-switch.js'
import { notFound } from '../../../service/protocol/refusal.js'
import { endpointsOf } from '../endpoint.js'
import { amend } from '../world.js'
import { bind } from './collections.js'

/** Switches that stop everything, or everything in one domain. Whoever may ask may switch on; only an approver switches off. */
export const killSwitchEndpoints = endpointsOf(KILL_SWITCH_ROUTES, {
  'GET /kill-switch/status': ({ world }) => {
    const active = world.switches.filter(item => item['is_active'] === true)
    return { is_active: active.length > 0, active_switches: active }
  },
  'POST /kill-switch/activate': ({ world, body }) => {
    const id = world.id('switch')
    world.switches.push({
      id,
      switch_id: id,
      ...bind(body),
      scope: typeof body['domain'] === 'string' ? 'domain' : 'global',
      is_active: true,
      activated_at: world.now(),
    })
    return { switch_id: id, success: true }
  },
  'POST /kill-switch/deactivate/{switch_id}': ({ world, params }) => {
    const found = world.switches.find(item => item['id'] === params['switch_id'])
    if (found === undefined) throw notFound('switch')
    amend(world.switches, found, { is_active: false, deactivated_at: world.now() })
    return { switch_id: found['id'], success: true }
  },
})
