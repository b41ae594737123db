import type { Field, OpenShape, Shape } from './shape.js'

/** What is wrong with one field, in the form services of this kind give. */
export interface Problem {
  /** Where: `body`, `actions`, 0, `value`. */
  readonly loc: readonly (string | number)[]
  readonly msg: string
  /** Kind of the problem: `missing`, `string_type`, `too_long`, … */
  readonly type: string
}

type Place = readonly (string | number)[]

/** Problems of a body. A field that nobody documented is a problem too: a slip in its name must be found by a test. */
export function bodyProblems(body: unknown, shape: Shape | OpenShape): readonly Problem[] {
  if (body === undefined) {
    const isNeeded = Object.values(isOpen(shape) ? shape.open : shape).some(field => field.required)
    return isNeeded ? [problem(['body'], 'Field required', 'missing')] : []
  }
  if (!isRecord(body)) return [problem(['body'], 'Input should be a valid dictionary', 'dict_type')]
  return isOpen(shape) ? fieldProblems(body, shape.open, ['body'], true) : fieldProblems(body, shape, ['body'], false)
}

/** What a query says, each value as its field's type has it, and what is wrong with it. */
export function readQuery(
  search: URLSearchParams,
  shape: Shape,
): { readonly query: Readonly<Record<string, unknown>>; readonly problems: readonly Problem[] } {
  const query: Record<string, unknown> = {}
  // Not `getAll` for each: it goes through all of them each time, and whoever asks chooses how many there are.
  for (const [name, pairs] of Map.groupBy(search, ([name]) => name)) {
    const values = pairs.map(([, value]) => value)
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined
    query[name] = field?.type === 'array' ? values : fromText(values.at(-1) ?? '', field)
  }
  return { query, problems: fieldProblems(query, shape, ['query'], false) }
}

/** Text that is no value of the type stays text, and is found to be of the wrong type. */
function fromText(value: string, field: Field | undefined): unknown {
  if (field?.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  if (field?.type !== 'number' && field?.type !== 'integer') return value
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
}

function fieldProblems(record: Readonly<Record<string, unknown>>, shape: Shape, at: Place, open: boolean): Problem[] {
  const found: Problem[] = []
  for (const [name, field] of fieldsOf(shape)) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined
    if (!isPlainlyRight(value, field)) found.push(...valueProblems(value, field, [...at, name]))
  }
  if (open) return found
  for (const name of Object.keys(record)) {
    if (!Object.hasOwn(shape, name))
      found.push(problem([...at, name], 'Extra inputs are not permitted', 'extra_forbidden'))
  }
  return found
}

const listed = new WeakMap<Shape, readonly (readonly [string, Field])[]>()

/** The fields of a shape, listed once. */
function fieldsOf(shape: Shape): readonly (readonly [string, Field])[] {
  let fields = listed.get(shape)
  if (fields === undefined) listed.set(shape, (fields = Object.entries(shape)))
  return fields
}

/** What most values are: left out where they may be, or a scalar of which no more is asked than its type. */
function isPlainlyRight(value: unknown, { type, required, words, min, max }: Field): boolean {
  if (value === undefined) return required !== true
  if (words !== undefined || min !== undefined || max !== undefined) return false
  return type !== 'array' && type !== 'object' && CHECKS[type].holds(value)
}

function valueProblems(value: unknown, field: Field, at: Place): readonly Problem[] {
  if (value === undefined) return field.required ? [problem(at, 'Field required', 'missing')] : []
  // What is optional may be left out by writing null.
  if (value === null && !field.required) return []
  const check = CHECKS[field.type]
  if (!check.holds(value)) return [problem(at, `Input should be a valid ${check.name}`, check.type)]
  return [...limitProblems(value, field, at), ...innerProblems(value, field, at)]
}

function limitProblems(value: unknown, { words, min, max }: Field, at: Place): readonly Problem[] {
  if (words !== undefined && !words.includes(value as string)) {
    return [problem(at, `Input should be ${words.map(word => `'${word}'`).join(' or ')}`, 'enum')]
  }
  if (typeof value === 'number') {
    if (min !== undefined && value < min)
      return [problem(at, `Input should be greater than or equal to ${min}`, 'greater_than_equal')]
    if (max !== undefined && value > max)
      return [problem(at, `Input should be less than or equal to ${max}`, 'less_than_equal')]
    return []
  }
  const length = typeof value === 'string' || Array.isArray(value) ? value.length : 0
  if (min !== undefined && length < min) return [problem(at, `Input should have at least ${min} items`, 'too_short')]
  if (max !== undefined && length > max) return [problem(at, `Input should have at most ${max} items`, 'too_long')]
  return []
}

function innerProblems(value: unknown, { items, fields, open }: Field, at: Place): readonly Problem[] {
  if (items !== undefined && Array.isArray(value)) {
    return value.flatMap((item, index) => valueProblems(item, { ...items, required: true }, [...at, index]))
  }
  return fields !== undefined && isRecord(value) ? fieldProblems(value, fields, at, open === true) : []
}

const CHECKS: Readonly<
  Record<Field['type'], { readonly holds: (value: unknown) => boolean; readonly name: string; readonly type: string }>
> = {
  string: { holds: value => typeof value === 'string', name: 'string', type: 'string_type' },
  // What is too large to be told from infinity is no number that can be stored.
  number: { holds: value => Number.isFinite(value), name: 'number', type: 'float_type' },
  integer: { holds: value => Number.isInteger(value), name: 'integer', type: 'int_type' },
  boolean: { holds: value => typeof value === 'boolean', name: 'boolean', type: 'bool_type' },
  object: { holds: isRecord, name: 'dictionary', type: 'dict_type' },
  array: { holds: value => Array.isArray(value), name: 'list', type: 'list_type' },
  any: { holds: () => true, name: 'value', type: 'value_error' },
}

/** A problem at a place. */
export function problem(loc: Place, msg: string, type: string): Problem {
  return { loc, msg, type }
}

/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isOpen(shape: Shape | OpenShape): shape is OpenShape {
  return 'open' in shape && !('type' in shape.open)
}
