import type { ToolProfile } from '../tool-profile.js'
import type { Scope, ToolCall } from '../types.js'
import { RecentMap } from '../recent-map.js'
import { checkProfile } from './check-profile.js'

/** Profiles that came with calls and are remembered, one for each tool of each session. */
const MAX_LATEST = 5000

/** Whose tool it is: tools of the same name need not be the same. */
export type Owner = Pick<Scope, 'tenant' | 'sessionId'>

/** Joins what the catalog and the caller say of a tool; each pair once. */
export class Profiles {
  readonly #catalog: Readonly<Record<string, ToolProfile>>
  readonly #latest = new RecentMap<string, ToolProfile>(MAX_LATEST)
  readonly #joined = new WeakMap<ToolProfile, { readonly name: string; readonly profile: ToolProfile }>()

  constructor(catalog: Readonly<Record<string, ToolProfile>>) {
    this.#catalog = catalog
  }

  /** What was last said of a tool in this very session, else what the catalog says: for what is done with it outside of a call. */
  latest(name: string, owner: Owner): ToolProfile | undefined {
    return this.#latest.get(keyOf(name, owner)) ?? this.#listed(name)
  }

  /** What holds for a call; `owner` is whose call it is, where `own` comes with it. */
  of(call: ToolCall, own: ToolProfile | undefined, owner: Owner = {}): ToolProfile | undefined {
    // Checked here because it becomes a key: what a model sent as a name need not be a string.
    const name: unknown = call?.name
    if (typeof name !== 'string') return undefined
    if (own === undefined) return this.#listed(name)
    const profile = this.#join(name, own)
    this.#latest.set(keyOf(name, owner), profile)
    return profile
  }

  #join(name: string, own: ToolProfile): ToolProfile {
    const joined = this.#joined.get(own)
    if (joined?.name === name) return joined.profile
    checkProfile(own, `profile of ${name}`)
    const known = this.#listed(name)
    const profile = { ...known, ...own, annotations: { ...known?.annotations, ...own.annotations } }
    this.#joined.set(own, { name, profile })
    return profile
  }

  #listed(name: string): ToolProfile | undefined {
    return Object.hasOwn(this.#catalog, name) ? this.#catalog[name] : undefined
  }
}

/** Of a tool of a session. Lengths go before what they count, so that no two owners share a key. */
export function keyOf(name: string, { tenant, sessionId }: Owner): string {
  return `${counted(tenant)}/${counted(sessionId)}/${name}`
}

function counted(part: string | undefined): string {
  return part === undefined ? '' : `${part.length}:${part}`
}
