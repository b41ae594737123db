import { readPath } from '../capture/path.js'
import type { EvaluationRequest } from '../types.js'
import { fail, type Place } from './place.js'
import { linearPattern, patternProblem } from './regex.js'
import type { Comparison, Conditions } from './rule.js'

/**
 * What a condition says: it holds, it does not, or it cannot be told (a text where a number was to be compared). The
 * last counts as holding in a rule that restricts and as not holding in one that allows: confusing types never loosens.
 */
export type Answer = boolean | 'indeterminate'
/** One thing that must hold for a rule to apply. */
export type Condition = (request: EvaluationRequest) => Answer

/** Where a path may begin, and how it is read. */
const ROOTS: Readonly<Record<string, (request: EvaluationRequest) => unknown>> = {
  input: request => request.input,
  value: request => request.value,
  target: request => request.target,
  actor: request => request.actor,
  domain: request => request.domain,
  action: request => request.action,
  tool: request => request.tool,
  metadata: request => request.metadata,
  session: request => request.session,
}
const NESTED = new Set(['input', 'metadata', 'session'])
const SESSION_FIELDS = ['id', 'user', 'tenant', 'model', 'traceId']

/** Nesting of a value to compare with; also what ends a cycle. */
const MAX_DEPTH = 32
/** A list longer than this is not mistaken for a text. */
const MAX_COERCED_ITEMS = 100

type Test = (actual: unknown) => Answer

/** How each comparison is checked and compiled; `undefined` as actual means the path leads nowhere. */
const COMPARISONS: Readonly<Record<keyof Comparison, (expected: unknown, place: Place) => Test>> = {
  eq: (expected, place) => oneOf([expected], [place]),
  ne: (expected, place) => not(oneOf([expected], [place])),
  in: (expected, place) => oneOf(...asList(expected, place)),
  notIn: (expected, place) => not(oneOf(...asList(expected, place))),
  lt: (expected, place) => ordered(expected, place, (actual, bound) => actual < bound),
  lte: (expected, place) => ordered(expected, place, (actual, bound) => actual <= bound),
  gt: (expected, place) => ordered(expected, place, (actual, bound) => actual > bound),
  gte: (expected, place) => ordered(expected, place, (actual, bound) => actual >= bound),
  matches: (expected, place) => {
    if (typeof expected !== 'string') return fail(place, 'expected /pattern/flags', expected)
    const problem = patternProblem(expected)
    if (problem !== undefined) return fail(place, `bad pattern: ${problem}`, expected)
    const pattern = linearPattern(expected)
    return textual(actual => pattern.test(actual))
  },
  startsWith: (expected, place) => {
    if (typeof expected !== 'string') return fail(place, 'expected a string', expected)
    return textual(actual => actual.startsWith(expected))
  },
  exists: (expected, place) => {
    if (typeof expected !== 'boolean') return fail(place, 'expected true or false', expected)
    return actual => (actual !== undefined) === expected
  },
}

/** The comparisons a document may use. */
const COMPARISON_NAMES = Object.keys(COMPARISONS)

/** Compiles the conditions of a rule; all must hold. Errors name the path in the document. */
export function compileConditions(conditions: Conditions, place: Place): Condition[] {
  if (Object.keys(conditions).length === 0) return fail(place, 'expected at least one path', conditions)
  return Object.entries(conditions).flatMap(([path, comparison]) => {
    const here = place.in(path)
    const read = compilePath(path, here)
    return compileComparison(comparison, here).map<Condition>(test => request => test(read(request)))
  })
}

/** Compiles a path such as `input.order.id` to a reader. */
export function compilePath(path: string, place: Place): (request: EvaluationRequest) => unknown {
  const keys = path.split('.')
  const [first = '', second] = keys
  const root = Object.hasOwn(ROOTS, first) ? ROOTS[first] : undefined
  if (root === undefined)
    return fail(place, `a path begins with ${Object.keys(ROOTS).join(', ')}`, path, [first, Object.keys(ROOTS)])
  if (keys.includes('')) return fail(place, 'a path has an empty part', path)
  if (keys.length > 1 && !NESTED.has(first)) return fail(place, `"${first}" has no fields`, path)
  if (first === 'session' && (second === undefined || !SESSION_FIELDS.includes(second))) {
    return fail(
      place,
      `"session" has the fields ${SESSION_FIELDS.join(', ')}`,
      path,
      second === undefined ? undefined : [second, SESSION_FIELDS],
    )
  }
  return keys.length === 1 ? root : request => readPath(root(request), keys, 1)
}

function compileComparison(comparison: unknown, place: Place): Test[] {
  if (typeof comparison !== 'object' || comparison === null) return [COMPARISONS.eq(comparison, place)]
  if (Array.isArray(comparison)) return fail(place, 'expected a comparison; write { in: [...] } for a list', comparison)
  const entries = Object.entries(comparison as Record<string, unknown>)
  if (entries.length === 0) return fail(place, 'expected at least one comparison', comparison)
  return entries.map(([name, expected]) => {
    const compile = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name as keyof Comparison] : undefined
    if (compile === undefined) {
      return fail(place, `unknown comparison "${name}", expected ${COMPARISON_NAMES.join(', ')}`, comparison, [
        name,
        COMPARISON_NAMES,
      ])
    }
    return compile(expected, place.in(name))
  })
}

function ordered(expected: unknown, place: Place, holds: (actual: number, bound: number) => boolean): Test {
  if (typeof expected !== 'number' || !Number.isFinite(expected)) return fail(place, 'expected a number', expected)
  return actual => {
    if (actual === undefined || actual === null) return false
    return typeof actual === 'number' && !Number.isNaN(actual) ? holds(actual, expected) : 'indeterminate'
  }
}

function textual(holds: (actual: string) => boolean): Test {
  return actual => {
    if (actual === undefined || actual === null) return false
    return typeof actual === 'string' ? holds(actual) : 'indeterminate'
  }
}

function asList(expected: unknown, place: Place): [readonly unknown[], readonly Place[]] {
  if (!Array.isArray(expected)) return fail(place, 'expected a list', expected)
  return [expected, expected.map((_item, index) => place.in(index))]
}

/** Equal to one of the values. What a tool that coerces could take for one of them cannot be told. */
function oneOf(values: readonly unknown[], places: readonly Place[]): Test {
  values.forEach((value, index) => {
    if (!isJson(value, 0)) fail(places[index] as Place, 'expected a JSON value', value)
  })
  return actual => {
    if (values.some(value => same(actual, value))) return true
    return values.some(value => isConfusable(actual, value)) ? 'indeterminate' : false
  }
}

function not(test: Test): Test {
  return actual => {
    const answer = test(actual)
    return answer === 'indeterminate' ? answer : !answer
  }
}

/** Whether JavaScript's coercion takes one for the other, which are not the same: `"100"` and `100`, `["all"]` and `"all"`. */
function isConfusable(actual: unknown, expected: unknown): boolean {
  const [a, b] = [coerced(actual), coerced(expected)]
  if (a === undefined || b === undefined) return false
  return a === b || (a.trim() !== '' && b.trim() !== '' && numeric(a) === numeric(b))
}

function numeric(text: string): number {
  return text === 'true' ? 1 : text === 'false' ? 0 : Number(text)
}

function coerced(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    return value.length > MAX_COERCED_ITEMS ? undefined : value.map(item => coerced(item) ?? '').join(',')
  }
  const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return isText || typeof value === 'bigint' ? `${value}` : undefined
}

/** Rules are hashed and compared as JSON: what JSON cannot carry is refused. */
function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth >= MAX_DEPTH) return false
  return Object.values(value).every(item => isJson(item, depth + 1))
}

/** Equality of JSON values; everything else is equal to nothing. */
function same(actual: unknown, expected: unknown): boolean {
  if (actual === expected) return true
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) return false
  if (Array.isArray(actual) !== Array.isArray(expected)) return false
  const keys = Object.keys(expected)
  return (
    keys.length === Object.keys(actual).length &&
    keys.every(key => Object.hasOwn(actual, key) && same(Reflect.get(actual, key), Reflect.get(expected, key)))
  )
}
