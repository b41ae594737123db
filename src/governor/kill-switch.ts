import { type Clock, present } from '../ambient.js'
import { GovernanceError } from '../errors.js'
import type { AuditLog } from '../report/audit/audit-log.js'
import type { Store } from '../store/store.js'
import type { KillSwitch, KillSwitchScope } from '../types.js'

/** Turns switches on and off, for one scope. */
export interface KillSwitchControl {
  readonly activate: (options: {
    readonly by: string
    readonly reason: string
    readonly tool?: string
    /** Calls of this domain. */
    readonly domain?: string
    /** Calls that the rule of this id applies to, under the policy of whoever decides on them. */
    readonly rule?: string
  }) => Promise<void>
  /** @throws GovernanceError `not-found` where no such switch is on */
  readonly deactivate: (options: {
    readonly by: string
    /** Why calls may go on: kept in the audit log, and told with the event. */
    readonly reason?: string
    readonly tool?: string
    readonly domain?: string
    readonly rule?: string
  }) => Promise<void>
  readonly status: () => Promise<{ readonly active: boolean; readonly switches: readonly KillSwitch[] }>
}

/** What control over switches needs of a governor. */
export interface KillSwitchParts {
  readonly store: Store
  readonly clock: Clock
  /** The tenant whose switches these are; all tenants' when absent. */
  readonly tenant: string | undefined
  readonly audit: AuditLog | undefined
  /** Told once a switch is on, or off. */
  readonly changed: (active: boolean, killSwitch: KillSwitch) => void
}

/** The kill switches of a store, as one scope sees them. */
export function killSwitchControl({ store, clock, tenant, audit, changed }: KillSwitchParts): KillSwitchControl {
  const scopeOf = ({ tool, domain, rule }: Omit<KillSwitchScope, 'tenant'>): KillSwitchScope =>
    present({ tool, domain, rule, tenant })
  return {
    activate: async ({ by, reason, ...scope }) => {
      // A switch that names nothing would stop nothing, and look as if it did.
      for (const field of ['tool', 'domain', 'rule'] as const) {
        if (scope[field] !== undefined) named('activate', field, scope[field])
      }
      const killSwitch = {
        ...scopeOf(scope),
        by: named('activate', 'by', by),
        reason: named('activate', 'reason', reason),
        at: clock.now(),
      }
      await store.activateKillSwitch(killSwitch, await audit?.ofKillSwitch(killSwitch, true))
      changed(true, killSwitch)
    },
    deactivate: async ({ by, reason, ...scope }) => {
      const killSwitch = {
        ...scopeOf(scope),
        by: named('deactivate', 'by', by),
        reason: reason === undefined ? '' : named('deactivate', 'reason', reason),
        at: clock.now(),
      }
      const found = await store.deactivateKillSwitch(scopeOf(scope), await audit?.ofKillSwitch(killSwitch, false))
      if (!found)
        throw new GovernanceError('not-found', `killSwitch.deactivate: no switch for ${wordsOf(scope)} is on.`)
      changed(false, killSwitch)
    },
    status: async () => {
      const switches = (await store.killSwitches()).filter(
        item => tenant === undefined || item.tenant === undefined || item.tenant === tenant,
      )
      return { active: switches.length > 0, switches }
    },
  }
}

function wordsOf(scope: Omit<KillSwitchScope, 'tenant'>): string {
  const named = (['tool', 'domain', 'rule'] as const).filter(field => scope[field] !== undefined)
  return named.length === 0 ? 'all tools' : named.map(field => `${field} "${scope[field]}"`).join(' and ')
}

function named(operation: string, field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new GovernanceError(
    'invalid-call',
    `killSwitch.${operation}: \`${field}\` is missing; expected a non-empty string.`,
  )
}
