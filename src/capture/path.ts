/**
 * Reads `a.b.0.c` out of a value. Own properties only: names come from models and documents, and must not reach a prototype.
 * Anything missing on the way is `undefined`.
 */
export function readPath(root: unknown, path: readonly string[], from = 0): unknown {
  let value = root
  for (let index = from; index < path.length; index++) {
    const key = path[index]
    if (typeof value !== 'object' || value === null || key === undefined || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}
