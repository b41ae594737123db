import type { ToolCall, ToolProfile } from '../types.js'
import { RecentMap } from '../recent-map.js'
import { checkProfile } from './check-profile.js'

/** Tools whose joined profiles are remembered. */
const MAX_LATEST = 1000

/** Joins what the catalog and the caller say of a tool; each pair once. */
export class Profiles {
  readonly #catalog: Readonly<Record<string, ToolProfile>>
  readonly #latest = new RecentMap<string, ToolProfile>(MAX_LATEST)
  readonly #joined = new WeakMap<ToolProfile, { readonly name: string; readonly profile: ToolProfile }>()

  constructor(catalog: Readonly<Record<string, ToolProfile>>) {
    this.#catalog = catalog
  }

  /** What was last said of a tool: for what is done with it outside of a call. */
  latest(name: string): ToolProfile | undefined {
    return this.#latest.get(name) ?? (Object.hasOwn(this.#catalog, name) ? this.#catalog[name] : undefined)
  }

  of(call: ToolCall, own: ToolProfile | undefined): ToolProfile | undefined {
    // Checked here because it becomes a key: what a model sent as a name need not be a string.
    const name: unknown = call?.name
    if (typeof name !== 'string') return undefined
    const known = Object.hasOwn(this.#catalog, name) ? this.#catalog[name] : undefined
    if (own === undefined) return known
    const joined = this.#joined.get(own)
    if (joined?.name === name) return joined.profile
    checkProfile(own, `profile of ${name}`)
    const fresh = { ...known, ...own, annotations: { ...known?.annotations, ...own.annotations } }
    this.#joined.set(own, { name, profile: fresh })
    this.#latest.set(name, fresh)
    return fresh
  }
}
