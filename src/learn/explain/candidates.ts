import type { Change } from '../../approval.js'
import { compileConditions, compilePath } from '../../evaluate/condition.js'
import { placeIn } from '../../evaluate/place.js'
import type { Policy } from '../../evaluate/policy.js'
import type { Comparison, Rule } from '../../evaluate/rule.js'
import type { EvaluationRequest, Finding } from '../../types.js'
import { boundary, type Replacement, within } from './boundary.js'
import { changeAt, fieldsOf } from './fields.js'

/** How much more a limit lets through, by the id of its rule: in the unit that it sums. */
export type Rooms = ReadonlyMap<string, number>

/** Changes that belong together. */
export type ChangeSet = readonly Change[]

/** Ways around one rule that are tried. */
const MAX_WAYS = 6
/** Combinations of ways around several rules. */
const MAX_SETS = 48

/**
 * Changes of a call by which the written conditions of rules would come to let it through: those that held it no longer apply,
 * or one that allows does, or both. Whether they really do is for the policy to say.

 *
 * @param rooms what the limits of rules have room for, by their ids
 */
export function candidatesOf(
  policy: Policy,
  request: EvaluationRequest,
  findings: readonly Finding[],
  rooms: Rooms = new Map(),
): ChangeSet[] {
  const written = new Map(policy.rules.map(rule => [rule.id, rule]))
  const holding = findings.filter(({ effect }) => effect !== 'allow').map(({ rule }) => written.get(rule))
  let sets: ChangeSet[] = [[]]
  // What no change can lift (code, a limit on calls, a service) stays; the others are lifted all the same, and it is looked at again.
  for (const ways of holding.map(rule => (rule === undefined ? [] : waysOut(rule, request, rooms.get(rule.id)))))
    if (ways.length > 0) sets = sets.flatMap(set => ways.map(way => set.concat(way))).slice(0, MAX_SETS)
  const spoken = new Set(findings.map(({ rule }) => rule))
  const allowing = policy
    .rulesFor(request.tool)
    .filter(({ id, effect }) => effect === 'allow' && !spoken.has(id))
    .map(({ id }) => written.get(id))
  const waysToAllow = allowing.flatMap(rule => (rule === undefined ? [] : [waysIn(rule, request)]))
  return [...sets, ...waysToAllow.flatMap(way => sets.map(set => set.concat(way)))].filter(({ length }) => length > 0)
}

interface Tested {
  readonly path: string
  readonly name: keyof Comparison
  readonly expected: unknown
  readonly holds: boolean
}

/** Single changes by each of which a rule would no longer apply. */
function waysOut(rule: Rule, request: EvaluationRequest, room: number | undefined): readonly Change[] {
  const sum = rule.limit?.sum
  const smaller = sum === undefined || room === undefined ? [] : replaced(sum, actual => within(room, actual), request)
  return [...smaller, ...tested(rule, request).flatMap(test => changesOf(test, false, request))].slice(0, MAX_WAYS)
}

/** All changes that it takes for a rule to apply. */
function waysIn(rule: Rule, request: EvaluationRequest): ChangeSet {
  return tested(rule, request)
    .filter(({ holds }) => !holds)
    .flatMap(test => changesOf(test, true, request).slice(0, 1))
}

function tested({ when }: Rule, request: EvaluationRequest): readonly Tested[] {
  if (typeof when !== 'object') return []
  return Object.entries(when).flatMap(([path, comparison]) => {
    const isSpelt = typeof comparison === 'object' && comparison !== null
    const tests: Comparison = isSpelt ? comparison : { eq: comparison }
    return Object.entries(tests).flatMap(([name, expected]): Tested[] => {
      if (name === 'matches' || name === 'startsWith') return []
      const conditions = compileConditions({ [path]: { [name]: expected } }, NOWHERE)
      const holds = conditions.every(condition => condition(request) === true)
      return [{ path, name: name as keyof Comparison, expected, holds }]
    })
  })
}

function changesOf({ path, name, expected }: Tested, holds: boolean, request: EvaluationRequest): readonly Change[] {
  return replaced(path, actual => boundary([name, expected], holds, actual), request)
}

/** Changes of what stands behind a path to others. */
function replaced(
  path: string,
  others: (actual: unknown) => readonly Replacement[],
  request: EvaluationRequest,
): readonly Change[] {
  const actual = compilePath(path, NOWHERE)(request)
  const replacements = others(actual)
  return fieldsBehind(path, actual, request.input).flatMap(field =>
    replacements.flatMap(replacement => changeAt(request.input, field, replacement) ?? []),
  )
}

/** Where in the input the value of a path stands: `value` and `target` are worked out of it, so where the same value is. */
function fieldsBehind(path: string, actual: unknown, input: unknown): readonly string[] {
  if (path.startsWith('input.')) return [path.slice('input.'.length)]
  if ((path !== 'value' && path !== 'target') || actual === undefined) return []
  return [...fieldsOf(input)].filter(([, value]) => value === actual).map(([field]) => field)
}

const NOWHERE = placeIn(() => undefined)
