import { type Endpoint, notFound } from '../endpoint.js'
import { oneOf, required, text } from '../shape.js'
import { amend } from '../world.js'
import { bind } from './collections.js'

/** Switches that stop everything, or everything in one domain. Whoever may ask may switch on; only an approver switches off. */
export const killSwitchEndpoints: readonly Endpoint[] = [
  {
    route: 'GET /kill-switch/status',
    answer: ({ world }) => {
      const active = world.switches.filter(item => item['is_active'] === true)
      return { is_active: active.length > 0, active_switches: active }
    },
  },
  {
    route: 'POST /kill-switch/activate',
    body: { reason: required(text), scope: oneOf('global', 'domain'), domain: text, rule_id: text },
    answer: ({ world, body }) => {
      const id = world.id('switch')
      world.switches.push({
        id,
        switch_id: id,
        scope: 'global',
        ...bind(body),
        is_active: true,
        activated_at: world.now(),
      })
      return { switch_id: id, success: true }
    },
  },
  {
    route: 'POST /kill-switch/deactivate/{switch_id}',
    access: 'approver',
    body: { open: { reason: text } },
    answer: ({ world, params }) => {
      const found = world.switches.find(item => item['id'] === params['switch_id'])
      if (found === undefined) throw notFound('switch')
      amend(world.switches, found, { is_active: false, deactivated_at: world.now() })
      return { switch_id: found['id'], success: true }
    },
  },
]
