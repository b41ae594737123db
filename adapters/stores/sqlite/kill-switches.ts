import type { KillSwitch, KillSwitchScope } from 'countersign'
import type { SqliteLike } from './sqlite-like.js'

/** Switches that are on. */
export interface KillSwitchTable {
  readonly all: () => KillSwitch[]
  readonly activate: (scope: string, body: string) => void
  readonly deactivate: (scope: string) => boolean
}

/** What a switch stops, as one unambiguous key. One of a domain or a rule has a longer key than those that were kept before there were any. */
export function scopeKey({ tool, tenant, domain, rule }: KillSwitchScope): string {
  const narrower = domain === undefined && rule === undefined ? [] : [domain ?? null, rule ?? null]
  return JSON.stringify([tool ?? null, tenant ?? null, ...narrower])
}

/** Prepares the statements on kill switches. */
export function killSwitchTable(database: SqliteLike): KillSwitchTable {
  const all = database.prepare('select body from kill_switches')
  const activate = database.prepare('insert or replace into kill_switches (scope, body) values (?, ?)')
  const deactivate = database.prepare('delete from kill_switches where scope = ?')

  return {
    all: () => (all.all() as { readonly body: string }[]).map(({ body }) => JSON.parse(body) as KillSwitch),
    activate: (scope, body) => {
      activate.run(scope, body)
    },
    deactivate: scope => Number(deactivate.run(scope).changes) > 0,
  }
}
