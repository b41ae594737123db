import { type Clock, sha256 } from '../ambient.js'
import { canonicalText } from '../canonical.js'
import { expect, knownKeys } from '../check.js'
import { RecentMap } from '../recent-map.js'
import { tagged } from '../tagged.js'
import type { Scope } from '../types.js'
import type { RequestFacts } from './request.js'

/** How answers are kept. */
export interface CacheOptions {
  /** Answers kept at most; the ones that came first go first. @defaultValue 1_000 */
  readonly maxEntries?: number
  /** Milliseconds for which an answer is given again. @defaultValue 300_000 */
  readonly ttlMs?: number
  /** Tools that change nothing. A request that offers the model any other tool is never answered from here. @defaultValue none */
  readonly readOnlyTools?: readonly string[]
}

/** Options with every default filled in. */
export type ResolvedCache = Required<CacheOptions>

interface Entry {
  readonly kept: unknown
  readonly until: number
}

/** Answers to requests that are the same in everything: model, content, options, and on whose behalf. */
export class AnswerCache {
  readonly #options: ResolvedCache
  readonly #clock: Clock
  readonly #entries: RecentMap<string, Entry>

  constructor(options: ResolvedCache, clock: Clock) {
    this.#options = options
    this.#clock = clock
    // It holds up to twice as many.
    this.#entries = new RecentMap(Math.max(1, Math.floor(options.maxEntries / 2)))
  }

  /** Names the answer to a request; nothing for one that is not to be cached. */
  async keyOf({ targets, body, scope = {}, tools = [] }: RequestFacts, kind: string): Promise<string | undefined> {
    const { readOnlyTools } = this.#options
    if (!tools.every(name => readOnlyTools.includes(name))) return undefined
    const [{ provider, model }] = targets
    try {
      return await sha256(canonicalText([kind, provider, model, whose(scope), tagged(body)]))
    } catch {
      // What has no content that can be read is never the same as anything.
      return undefined
    }
  }

  /** What is kept under a key. */
  get(key: string): { readonly kept: unknown } | undefined {
    const entry = this.#entries.get(key)
    return entry === undefined || entry.until <= this.#clock.now() ? undefined : entry
  }

  put(key: string, kept: unknown): void {
    this.#entries.set(key, { kept, until: this.#clock.now() + this.#options.ttlMs })
  }
}

/** What a model told one must not be told another. */
function whose({ tenant, user, actor }: Scope): readonly string[] {
  return [tenant, user, actor].map(part => (part === undefined ? '' : `=${part}`))
}

/** @throws GovernanceError `invalid-option` */
export function resolveCache(options: CacheOptions, place: string): ResolvedCache {
  expect(typeof options === 'object' && options !== null, place, '{ maxEntries, ttlMs, readOnlyTools }')
  knownKeys(options, ['maxEntries', 'ttlMs', 'readOnlyTools'], place)
  const { maxEntries = 1000, ttlMs = 300_000, readOnlyTools = [] } = options
  expect(Number.isInteger(maxEntries) && maxEntries >= 2, `${place}.maxEntries`, 'a whole number of 2 or more')
  expect(typeof ttlMs === 'number' && ttlMs > 0, `${place}.ttlMs`, 'milliseconds above 0')
  const areNames = Array.isArray(readOnlyTools) && readOnlyTools.every(name => typeof name === 'string')
  expect(areNames, `${place}.readOnlyTools`, 'a list of names of tools')
  return { maxEntries, ttlMs, readOnlyTools }
}
