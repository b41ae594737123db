import { GovernanceError } from './errors.js'

/** The same value with everything JSON would lose written out under `$` keys; keys that begin with `$` are escaped, so no object can imitate a tag. */
export function tagged(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return { $bigint: value.toString() }
    case 'number':
      return Number.isFinite(value) ? value : { $number: String(value) }
    case 'function':
    case 'symbol':
      return { $opaque: typeof value }
    case 'object':
      return value === null ? null : taggedObject(value)
    default:
      return value
  }
}

function taggedObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(tagged)
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString() }
  if (value instanceof Map)
    return { $map: Array.from(value as Map<unknown, unknown>, ([key, item]) => [tagged(key), tagged(item)]) }
  if (value instanceof Set) return { $set: Array.from(value as Set<unknown>, tagged) }
  if (value instanceof URL || value instanceof RegExp) return { $text: String(value), type: value.constructor.name }
  const bytes = bytesOf(value)
  if (bytes !== undefined) return { $bytes: Array.from(bytes), type: value.constructor.name }
  refuseHidden(value)
  const plain: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(value))
    plain[key.startsWith('$') ? `$${key}` : key] = tagged((value as Record<string, unknown>)[key])
  return plain
}

/** The bytes of a buffer or a view of one. */
export function bytesOf(value: object): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined
}

/** Two blobs, promises or responses look the same from outside: a fingerprint of one would be the fingerprint of all. */
function refuseHidden(value: object): void {
  const kind = Object.prototype.toString.call(value)
  if (kind !== '[object Object]') throw ungovernable(`holds ${kind}, whose content cannot be read`)
  const isOfClass = (value.constructor as unknown) !== undefined && value.constructor !== Object
  if (isOfClass && Object.keys(value).length === 0) throw ungovernable('holds an object whose content cannot be read')
}

/** The error of an input that cannot be governed. */
export function ungovernable(why: string): GovernanceError {
  return new GovernanceError('invalid-call', `The tool input ${why}; it cannot be governed.`)
}
