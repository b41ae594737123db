import assert from 'node:assert/strict'
import type { Store } from '../../store/store.js'
import type { KillSwitch, KillSwitchScope } from '../../types.js'
import { AT, type StoreCase } from './samples.js'

const SCOPES: readonly KillSwitchScope[] = [
  {},
  { tool: 'refund' },
  { tenant: 'acme' },
  { tool: 'refund', tenant: 'acme' },
  { tool: 'acme', tenant: 'refund' },
  { domain: 'payments' },
  { rule: 'payments' },
  { domain: 'payments', rule: 'refund' },
  { domain: 'refund', tenant: 'acme' },
  { tool: 'refund', tenant: 'acme', domain: 'payments', rule: 'payments' },
]

/** Kill switches: one per scope, on until it is turned off. */
export const killSwitchCases: readonly StoreCase[] = [
  {
    title: 'has no switch on at first, and none to turn off',
    check: async store => {
      assert.deepEqual(await store.killSwitches(), [])
      for (const scope of SCOPES) assert.equal(await store.deactivateKillSwitch(scope), false)
    },
  },
  {
    title: 'keeps one switch for each scope: tool, tenant, domain, rule, any of them together, and all',
    check: async store => {
      const switches = SCOPES.map(scope => switchOf(scope))
      for (const killSwitch of switches) await store.activateKillSwitch(killSwitch)
      assert.deepEqual(await listed(store), byScope(switches))
    },
  },
  {
    title: 'replaces a switch of the same scope',
    check: async store => {
      await store.activateKillSwitch(switchOf({ tool: 'refund' }))
      const later = { tool: 'refund', by: 'grace', reason: 'again', at: AT + 1 }
      await store.activateKillSwitch(later)
      assert.deepEqual(await store.killSwitches(), [later])
    },
  },
  {
    title: 'turns off the switch of exactly the scope that was named',
    check: async store => {
      const switches = SCOPES.map(scope => switchOf(scope))
      for (const killSwitch of switches) await store.activateKillSwitch(killSwitch)
      let remaining = switches
      for (const scope of SCOPES) {
        assert.equal(await store.deactivateKillSwitch(scope), true)
        remaining = remaining.slice(1)
        assert.deepEqual(await listed(store), byScope(remaining))
        assert.equal(await store.deactivateKillSwitch(scope), false)
      }
    },
  },
]

function switchOf(scope: KillSwitchScope): KillSwitch {
  return { ...scope, by: 'ada', reason: `incident in ${JSON.stringify(scope)}`, at: AT }
}

/** Their order is not promised. */
function byScope(switches: readonly KillSwitch[]): readonly KillSwitch[] {
  return switches.toSorted((a, b) => a.reason.localeCompare(b.reason))
}

async function listed(store: Store): Promise<readonly KillSwitch[]> {
  return byScope(await store.killSwitches())
}
