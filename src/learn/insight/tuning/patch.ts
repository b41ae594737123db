import type { Rule } from '../../../evaluate/rule.js'

/** One step of a JSON Patch (RFC 6902) against a policy document. */
export type PatchStep =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/** A change to a list of rules. */
export interface RulesChange {
  /** As many as before, and added ones at the end. */
  readonly rules: readonly Rule[]
  readonly patch: readonly PatchStep[]
  /** Those that are not what they were. */
  readonly changed: readonly Rule[]
}

/** Puts a rule in the place of one, and others at the end, under names that nobody has. */
export function changeRules(rules: readonly Rule[], at: number | undefined, replaced: readonly Rule[]): RulesChange {
  const taken = new Set(rules.map(({ id }) => id))
  const before = at === undefined ? undefined : rules[at]
  const [first, ...others] = before === undefined ? [undefined, ...replaced] : replaced
  const added = others.flatMap(rule => {
    if (rule === undefined) return []
    const id = freeName(rule.id, taken)
    taken.add(id)
    return [{ ...rule, id }]
  })
  const kept = rules.map((rule, index) => (index === at && first !== undefined ? { ...first, id: rule.id } : rule))
  const changedInPlace = at === undefined ? undefined : kept[at]
  const inPlace = before === undefined ? [] : differences(before, changedInPlace ?? before, `/rules/${at}`)
  return {
    rules: [...kept, ...added],
    patch: [...inPlace, ...added.map(value => ({ op: 'add', path: '/rules/-', value }) as const)],
    changed: [...(inPlace.length === 0 || changedInPlace === undefined ? [] : [changedInPlace]), ...added],
  }
}

/** The steps from one value to another; a list that differs is replaced as a whole. */
function differences(before: unknown, after: unknown, path: string): PatchStep[] {
  if (!isObject(before) || !isObject(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ op: 'replace', path, value: after }]
  }
  const steps: PatchStep[] = Object.keys(before).flatMap(key =>
    Object.hasOwn(after, key)
      ? differences(before[key], after[key], `${path}/${escaped(key)}`)
      : [{ op: 'remove', path: `${path}/${escaped(key)}` }],
  )
  for (const [key, value] of Object.entries(after))
    if (!Object.hasOwn(before, key)) steps.push({ op: 'add', path: `${path}/${escaped(key)}`, value })
  return steps
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** RFC 6901. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    if (!taken.has(name)) return name
  }
}
