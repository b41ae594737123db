import { allowsNull, asSchema, type JsonSchema, propertyIn, requiredIn, resolveRef, schemasIn } from './json-schema.js'
import { isValid } from './validate.js'

const MAX_DEPTH = 64

/**
 * Takes the `null`s out that stand for "left out" in strict mode: of properties that the schema does not require and that
 * may not be null. Everything else stays as it is; the value itself is not changed.
 *
 * @param schema the schema as its author wrote it
 */
export function dropNulls(schema: JsonSchema, value: unknown, root: JsonSchema = schema, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value
  const target = resolveRef(root, schema['$ref'])
  if (target !== undefined) return dropNulls(target, value, root, depth + 1)
  const branches = [...schemasIn(schema['anyOf']), ...schemasIn(schema['oneOf'])]
  if (branches.length > 0) return inBranches(branches, value, root, depth)
  if (Array.isArray(value)) {
    const items = asSchema(schema['items'])
    return items === undefined ? value : value.map(item => dropNulls(items, item, root, depth + 1))
  }
  const required = requiredIn(schema)
  const kept = Object.entries(value).flatMap(([name, item]: [string, unknown]) => {
    const property = propertyIn(schema, name)
    if (property === undefined) return [[name, item] as const]
    if (item === null && !required.includes(name) && !allowsNull(property, root)) return []
    return [[name, dropNulls(property, item, root, depth + 1)] as const]
  })
  return Object.fromEntries(kept)
}

/** As the first of them that then fits. */
function inBranches(branches: readonly JsonSchema[], value: unknown, root: JsonSchema, depth: number): unknown {
  for (const branch of branches) {
    const dropped = dropNulls(branch, value, root, depth + 1)
    if (isValid(branch, dropped, root)) return dropped
  }
  return value
}
