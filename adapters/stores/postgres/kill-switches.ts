import type { KillSwitch, KillSwitchScope } from 'countersign'
import { encode, optional, plain, text } from './encode.js'
import type { Row } from './pool-like.js'
import type { Session } from './session.js'

/**
 * Reads the switches that are on. It is asked of the server every time: what it costs is one round trip to a table of a few rows,
 * and a switch that somebody has turned on is never overlooked, as it could be in a copy that a lost message left behind.
 */
export async function killSwitches({ schema, read }: Session, bound: string | undefined): Promise<KillSwitch[]> {
  const rows = await read('kill switches', `select tenant, body from ${schema}.kill_switches`)
  return rows.map(row => decoded(row, bound))
}

/** One that a store of a tenant turned on stops that tenant, and nobody else. */
function decoded({ tenant, body }: Row, bound: string | undefined): KillSwitch {
  const killSwitch = JSON.parse(body ?? '') as KillSwitch
  if (bound !== undefined || typeof tenant !== 'string' || killSwitch.tenant !== undefined) return killSwitch
  return { ...killSwitch, tenant: plain(tenant) }
}

/** Turns a switch on; it is encoded when it is handed over. */
export function activate(killSwitch: KillSwitch, bound: string | undefined): (session: Session) => Promise<void> {
  const scope = scopeKey(killSwitch, bound)
  const tenant = optional(killSwitch.tenant ?? bound)
  const body = encode(killSwitch)
  return async ({ schema, write }) => {
    await write(
      'activate kill switch',
      `insert into ${schema}.kill_switches (scope, tenant, body) values ($1, $2, $3)
       on conflict (scope) do update set body = excluded.body`,
      scope,
      tenant,
      body,
    )
  }
}

/** Turns a switch off; whether there was one. */
export function deactivate(scope: KillSwitchScope, bound: string | undefined): (session: Session) => Promise<boolean> {
  const key = scopeKey(scope, bound)
  return async ({ schema, write }) => {
    const sql = `delete from ${schema}.kill_switches where scope = $1 returning scope`
    return (await write('deactivate kill switch', sql, key)).length > 0
  }
}

/** What a switch stops, as one unambiguous key. One of a domain or a rule has a longer key than those that were kept before there were any. */
function scopeKey({ tool, tenant, domain, rule }: KillSwitchScope, bound: string | undefined): string {
  const narrower = domain === undefined && rule === undefined ? [] : [domain ?? null, rule ?? null]
  return text(JSON.stringify([tool ?? null, tenant ?? bound ?? null, ...narrower]))
}
