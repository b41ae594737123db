/** A JSON Schema, as data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A schema where one may stand: JSON knows `true` and `false` too. */
export function asSchema(value: unknown): JsonSchema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : undefined
}

/** The schemas in a list keyword (`anyOf` …). */
export function schemasIn(value: unknown): readonly JsonSchema[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  return items.map(asSchema).filter(item => item !== undefined)
}

/** The schemas by name in a keyword such as `properties`. */
export function entriesIn(value: unknown): readonly (readonly [string, JsonSchema])[] {
  return Object.entries(asSchema(value) ?? {}).map(([key, item]) => [key, asSchema(item) ?? {}] as const)
}

/** The one schema of that name, looked up as data. */
export function propertyIn(schema: JsonSchema, name: string): JsonSchema | undefined {
  const properties = asSchema(schema['properties'])
  return properties !== undefined && Object.hasOwn(properties, name) ? asSchema(properties[name]) : undefined
}

/** The names in `required`. */
export function requiredIn(schema: JsonSchema): readonly string[] {
  const { required } = schema
  return Array.isArray(required) ? required.filter(name => typeof name === 'string') : []
}

/** What a local `$ref` points to. References to elsewhere are not followed. */
export function resolveRef(root: JsonSchema, ref: unknown): JsonSchema | undefined {
  if (typeof ref !== 'string' || !ref.startsWith('#')) return undefined
  let found: unknown = root
  for (const part of ref.slice(1).split('/').filter(Boolean)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return asSchema(found)
}

/** Whether a schema lets `null` through; of what it does not say, not. */
export function allowsNull(schema: JsonSchema, root: JsonSchema, depth = 0): boolean {
  if (depth > 32) return false
  const { type, enum: values, const: constant, anyOf, oneOf, $ref } = schema
  if (Array.isArray(values)) return values.includes(null)
  if (Object.hasOwn(schema, 'const')) return constant === null
  if (type !== undefined) return [type].flat().includes('null')
  const target = resolveRef(root, $ref)
  if (target !== undefined) return allowsNull(target, root, depth + 1)
  return [...schemasIn(anyOf), ...schemasIn(oneOf)].some(item => allowsNull(item, root, depth + 1))
}
