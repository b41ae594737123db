import type { Change } from '../../approval.js'
import type { Awaitable } from '../../types.js'
import type { ChangeSet } from './candidates.js'
import { changed } from './fields.js'
import { distanceOf } from './seen.js'
import type { Alternative } from './explanation.js'

/** Alternatives that are offered, and changed calls that are looked at for them. */
const [MOST_OFFERED, MOST_TRIED] = [3, 24]

/** What the policy, and what was learnt, say of a changed call: nothing where it would not be allowed. */
export type Try = (
  input: unknown,
) => Awaitable<(Pick<Alternative, 'estimatedRisk'> & { readonly why: string }) | undefined>

/** What searching comes to. */
export interface Found {
  readonly alternatives: readonly Alternative[]
  readonly search: { readonly tried: number; readonly allowed: number }
}

/** Tries changed calls, the nearest first, until enough of them would be allowed. Of the same fields, the nearest change is offered only. */
export async function search(
  sets: readonly ChangeSet[],
  {
    input,
    action,
    isShown,
    look,
    tries = MOST_TRIED,
  }: {
    readonly input: unknown
    readonly action: string
    /** Whether the value at a path may be shown. */
    readonly isShown: (path: string) => boolean
    readonly look: Try
    /** Changed calls that are looked at. @defaultValue 24, and no more than that */
    readonly tries?: number
  },
): Promise<Found> {
  const alternatives: Alternative[] = []
  const known = new Set<string>()
  const offered = new Set<string>()
  let tried = 0
  for (const changes of sets.map(merged).toSorted((a, b) => distanceOf(a) - distanceOf(b))) {
    const fields = JSON.stringify(changes.map(({ path }) => path))
    const key = JSON.stringify(changes.map(({ path, to }) => [path, to]))
    if (known.has(key) || offered.has(fields) || !changes.every(({ path }) => isShown(path))) continue
    known.add(key)
    if (tried >= Math.min(tries, MOST_TRIED) || alternatives.length === MOST_OFFERED) break
    tried++
    const next = changed(input, changes)
    const answer = await look(next)
    if (answer === undefined) continue
    offered.add(fields)
    const { why, ...risk } = answer
    alternatives.push({ action, changes, input: next, rationale: `${inWords(changes)}: ${why}`, ...risk })
  }
  return { alternatives, search: { tried, allowed: alternatives.length } }
}

/** One change a path, in the order of their paths: of several to a number the farthest, which is within every bound that it was to be within; else the last that was asked for. */
function merged(changes: ChangeSet): ChangeSet {
  const byPath = new Map<string, Change>()
  for (const change of changes) {
    const known = byPath.get(change.path)
    if (known === undefined || !isFarther(known, change)) byPath.set(change.path, change)
  }
  return [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function isFarther(known: Change, { from, to }: Change): boolean {
  if (typeof from !== 'number' || typeof to !== 'number' || typeof known.to !== 'number') return false
  return Math.abs(known.to - from) > Math.abs(to - from)
}

function inWords(changes: ChangeSet): string {
  const parts = changes.map(({ path, from, to }) => {
    if (to === undefined) return `without ${path}`
    return from === undefined ? `with ${path} ${show(to)}` : `with ${path} ${show(to)} instead of ${show(from)}`
  })
  return `allowed ${parts.join(' and ')}`
}

const MAX_CHARS = 80

function show(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text
}
