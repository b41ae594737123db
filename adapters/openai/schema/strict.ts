import { allowsNull, asSchema, entriesIn, type JsonSchema, requiredIn, schemasIn } from './json-schema.js'

/** Keywords that the provider's strict mode refuses, and that cannot be said in another way. */
const INEXPRESSIBLE = [
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
  'prefixItems',
  'contains',
  'unevaluatedProperties',
]
const TYPING = ['type', 'enum', 'const', '$ref', 'anyOf', 'oneOf']

/**
 * A JSON Schema in the form that the provider's strict mode wants: nothing but the named properties, all of them required.
 * What may be left out becomes nullable instead, and {@link dropNulls} is the way back. Nothing where the schema says what
 * strict mode cannot.
 */
export function strictSchema(schema: JsonSchema): JsonSchema | undefined {
  if (schema['type'] !== 'object') return undefined
  try {
    return converted(schema, schema)
  } catch (error) {
    if (error instanceof Inexpressible) return undefined
    throw error
  }
}

class Inexpressible extends Error {}

function converted(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (INEXPRESSIBLE.some(keyword => Object.hasOwn(schema, keyword))) throw new Inexpressible()
  if (!TYPING.some(keyword => Object.hasOwn(schema, keyword))) throw new Inexpressible()
  const { $schema: _dialect, default: _default, anyOf, oneOf, $defs, definitions, items, ...kept } = schema
  const branches = [...schemasIn(anyOf), ...schemasIn(oneOf)]
  return {
    ...kept,
    ...(asSchema(items) === undefined ? {} : { items: converted(asSchema(items) ?? {}, root) }),
    ...(branches.length === 0 ? {} : { anyOf: branches.map(branch => converted(branch, root)) }),
    ...([schema['type']].flat().includes('object') ? objectPart(schema, root) : {}),
    ...($defs === undefined ? {} : { $defs: definitionsOf($defs, root) }),
    ...(definitions === undefined ? {} : { definitions: definitionsOf(definitions, root) }),
  }
}

function objectPart(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const { additionalProperties } = schema
  const named = entriesIn(schema['properties'])
  // A map of anything is not an object of named properties.
  if (typeof additionalProperties === 'object' && additionalProperties !== null) throw new Inexpressible()
  if (named.length === 0 && additionalProperties !== false && schema !== root) throw new Inexpressible()
  const required = requiredIn(schema)
  const properties = named.map(([name, property]) => {
    const strict = converted(property, root)
    return [name, required.includes(name) || allowsNull(property, root) ? strict : nullable(strict)] as const
  })
  return {
    properties: Object.fromEntries(properties),
    required: named.map(([name]) => name),
    additionalProperties: false,
  }
}

function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: values, description, ...rest } = schema
  if (typeof type === 'string' && values === undefined && !Object.hasOwn(schema, 'const')) {
    return { ...schema, type: [type, 'null'] }
  }
  if (Array.isArray(type) && values === undefined) return { ...schema, type: [...(type as string[]), 'null'] }
  const inner = { ...(type === undefined ? {} : { type }), ...(values === undefined ? {} : { enum: values }), ...rest }
  return { anyOf: [inner, { type: 'null' }], ...(description === undefined ? {} : { description }) }
}

function definitionsOf(value: unknown, root: JsonSchema): JsonSchema {
  return Object.fromEntries(entriesIn(value).map(([name, schema]) => [name, converted(schema, root)]))
}
