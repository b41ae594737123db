import { asSchema, type JsonSchema, propertyIn, requiredIn, resolveRef, schemasIn } from './json-schema.js'

const MAX_DEPTH = 64
const MAX_PROBLEMS = 8

/**
 * What is wrong with a value by a JSON Schema; nothing where it fits. Knows the keywords that tools are described with
 * (types, enums, properties, items, bounds, combinations, local references). What others say (`format`, `pattern` …) is left to the
 * tool: nothing is evaluated as code, and no pattern from outside is run over an input.
 */
export function problemsOf(schema: JsonSchema, value: unknown, root: JsonSchema = schema): readonly string[] {
  const problems: string[] = []
  check({ root, problems }, schema, value, '', 0)
  return problems.slice(0, MAX_PROBLEMS)
}

/** Whether a value fits. */
export function isValid(schema: JsonSchema, value: unknown, root: JsonSchema): boolean {
  return problemsOf(schema, value, root).length === 0
}

interface Checking {
  readonly root: JsonSchema
  readonly problems: string[]
}

function check(at: Checking, schema: JsonSchema, value: unknown, path: string, depth: number): void {
  if (at.problems.length >= MAX_PROBLEMS) return
  if (depth > MAX_DEPTH) return void at.problems.push(`${path || 'the input'}: nested too deep`)
  const wrong = (what: string): void => void at.problems.push(`${path || 'the input'}: ${what}`)
  const target = resolveRef(at.root, schema['$ref'])
  if (target !== undefined) check(at, target, value, path, depth + 1)
  const { type, enum: values } = schema
  if (type !== undefined && ![type].flat().some(name => isOfType(name, value))) {
    return wrong(`expected ${[type].flat().map(String).join(' or ')}`)
  }
  if (Array.isArray(values) && !values.some(item => isEqual(item, value))) wrong(`expected one of ${list(values)}`)
  if (Object.hasOwn(schema, 'const') && !isEqual(schema['const'], value)) wrong(`expected ${list([schema['const']])}`)
  checkCombinations(at, schema, value, path, depth)
  if (typeof value === 'string') checkString(schema, value, wrong)
  else if (typeof value === 'number') checkNumber(schema, value, wrong)
  else if (Array.isArray(value)) checkArray(at, schema, value, path, depth)
  else if (typeof value === 'object' && value !== null) checkObject(at, schema, value, path, depth)
}

function checkCombinations(at: Checking, schema: JsonSchema, value: unknown, path: string, depth: number): void {
  const fits = (item: JsonSchema): boolean => {
    const problems: string[] = []
    check({ root: at.root, problems }, item, value, path, depth + 1)
    return problems.length === 0
  }
  const wrong = (what: string): void => void at.problems.push(`${path || 'the input'}: ${what}`)
  for (const item of schemasIn(schema['allOf'])) check(at, item, value, path, depth + 1)
  const anyOf = schemasIn(schema['anyOf'])
  if (anyOf.length > 0 && !anyOf.some(fits)) wrong('fits none of the forms it may have')
  const oneOf = schemasIn(schema['oneOf'])
  if (oneOf.length > 0 && oneOf.filter(fits).length !== 1) wrong('expected exactly one of the forms it may have')
  const not = asSchema(schema['not'])
  if (not !== undefined && fits(not)) wrong('has a form it may not have')
}

function checkString({ minLength, maxLength }: JsonSchema, value: string, wrong: (what: string) => void): void {
  if (minLength === undefined && maxLength === undefined) return
  // JSON Schema counts code points.
  const length = Array.from(value).length
  if (typeof minLength === 'number' && length < minLength) wrong(`expected at least ${minLength} characters`)
  if (typeof maxLength === 'number' && length > maxLength) wrong(`expected at most ${maxLength} characters`)
}

function checkNumber(schema: JsonSchema, value: number, wrong: (what: string) => void): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (typeof minimum === 'number' && value < minimum) wrong(`expected ${minimum} or more`)
  if (typeof maximum === 'number' && value > maximum) wrong(`expected ${maximum} or less`)
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) wrong(`expected more than ${exclusiveMinimum}`)
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) wrong(`expected less than ${exclusiveMaximum}`)
  if (typeof multipleOf === 'number' && multipleOf > 0) {
    const times = value / multipleOf
    if (Math.abs(times - Math.round(times)) > 1e-9) wrong(`expected a multiple of ${multipleOf}`)
  }
}

function checkArray(at: Checking, schema: JsonSchema, value: readonly unknown[], path: string, depth: number): void {
  const { minItems, maxItems, uniqueItems } = schema
  const wrong = (what: string): void => void at.problems.push(`${path || 'the input'}: ${what}`)
  if (typeof minItems === 'number' && value.length < minItems) wrong(`expected at least ${minItems} items`)
  if (typeof maxItems === 'number' && value.length > maxItems) wrong(`expected at most ${maxItems} items`)
  if (uniqueItems === true && new Set(value.map(item => JSON.stringify(item))).size < value.length) {
    wrong('expected no item twice')
  }
  const first = schemasIn(schema['prefixItems'])
  const items = asSchema(schema['items'])
  for (const [index, item] of value.entries()) {
    const own = first[index] ?? items
    if (own !== undefined) check(at, own, item, join(path, String(index)), depth + 1)
  }
}

function checkObject(at: Checking, schema: JsonSchema, value: object, path: string, depth: number): void {
  for (const name of requiredIn(schema)) {
    if (!Object.hasOwn(value, name)) at.problems.push(`${join(path, name)}: is missing`)
  }
  const { additionalProperties } = schema
  const others = asSchema(additionalProperties)
  for (const [name, item] of Object.entries(value)) {
    const own = propertyIn(schema, name) ?? others
    if (own !== undefined) check(at, own, item, join(path, name), depth + 1)
    else if (additionalProperties === false) at.problems.push(`${join(path, name)}: is not known`)
  }
}

function isOfType(type: unknown, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    case 'string':
    case 'boolean':
      return typeof value === type
    default:
      return true
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b))
}

function list(values: readonly unknown[]): string {
  return values.map(value => JSON.stringify(value)).join(', ')
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
