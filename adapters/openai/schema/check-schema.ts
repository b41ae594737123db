import { asSchema, type JsonSchema, resolveRef } from './json-schema.js'

const TYPES = new Set(['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'])
const BY_NAME = ['properties', '$defs', 'definitions', 'patternProperties']
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const SINGLE = ['items', 'additionalProperties', 'not']
const MAX_DEPTH = 64

/** What is wrong with a schema itself, so that it is found when a tool is registered, not when it is called. */
export function schemaProblem(schema: JsonSchema): string | undefined {
  return problemIn(schema, schema, '', 0)
}

function problemIn(schema: JsonSchema, root: JsonSchema, path: string, depth: number): string | undefined {
  const at = path === '' ? 'it' : `\`${path}\``
  if (depth > MAX_DEPTH) return `${at} is nested too deep`
  const { type, required, enum: values, $ref } = schema
  const names: readonly unknown[] = type === undefined ? [] : [type].flat()
  const unknown = names.find(name => typeof name !== 'string' || !TYPES.has(name))
  if (unknown !== undefined) return `${at} has the type ${JSON.stringify(unknown)}, which does not exist`
  if (required !== undefined && !isNames(required)) return `${at} has a \`required\` that is not a list of names`
  if (values !== undefined && !Array.isArray(values)) return `${at} has an \`enum\` that is not a list`
  if (typeof $ref === 'string' && $ref.startsWith('#') && resolveRef(root, $ref) === undefined) {
    return `${at} refers to "${$ref}", which is not there`
  }
  for (const [name, inner] of innerOf(schema)) {
    const place = path === '' ? name : `${path}.${name}`
    if (typeof inner === 'boolean') continue
    const schemaOf = asSchema(inner)
    if (schemaOf === undefined) return `\`${place}\` is not a schema`
    const problem = problemIn(schemaOf, root, place, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}

function innerOf(schema: JsonSchema): readonly (readonly [string, unknown])[] {
  return [
    ...BY_NAME.flatMap(keyword =>
      Object.entries(asSchema(schema[keyword]) ?? {}).map(([name, inner]) => [`${keyword}.${name}`, inner] as const),
    ),
    ...LISTS.flatMap(keyword => {
      const list: readonly unknown[] = Array.isArray(schema[keyword]) ? schema[keyword] : []
      return list.map((inner, index) => [`${keyword}.${index}`, inner] as const)
    }),
    ...SINGLE.flatMap(keyword => (schema[keyword] === undefined ? [] : [[keyword, schema[keyword]] as const])),
  ]
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every(name => typeof name === 'string')
}
