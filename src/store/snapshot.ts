/**
 * A frozen copy, all the way down: whoever holds the original, or is given the copy, cannot change what was stored. Keeps
 * what JSON keeps, as a store on disk does. What is such a copy already, as a decision is, is kept as it is.
 */
export function snapshot<T>(value: T): T {
  return isSnapshot(value) ? value : (copy(value) as T)
}

function isSnapshot(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || !Object.isFrozen(value)) return false
  if (Array.isArray(value)) return value.every(isSnapshot)
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const key in value) if (!isSnapshot((value as Readonly<Record<string, unknown>>)[key])) return false
  return true
}

function copy(value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'bigint':
      return Object.freeze({ $bigint: value.toString() })
    case 'object':
      return value === null ? null : copyObject(value)
    default:
      return value
  }
}

function copyObject(value: object): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(item => (isKept(item) ? copy(item) : null)))
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy((value.toJSON as () => unknown)())
  // Spread, then corrected where needed: much faster than key by key, and a key `__proto__` stays a key.
  const copied: Record<string, unknown> = { ...value }
  for (const key of Object.keys(copied)) {
    const item = copied[key]
    if (typeof item === 'string' || typeof item === 'boolean') continue
    if (isKept(item)) copied[key] = copy(item)
    else delete copied[key]
  }
  return Object.freeze(copied)
}

function isKept(value: unknown): boolean {
  const type = typeof value
  return type !== 'undefined' && type !== 'function' && type !== 'symbol'
}
