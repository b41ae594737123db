import canonicalize from 'canonicalize'
import { sha256 } from '../ambient.js'
import { GovernanceError } from '../errors.js'
import type { Awaitable } from '../types.js'

/** Limits on what a model may send; far above real calls, far below what could stall or exhaust a process. */
const MAX_DEPTH = 64
const MAX_NODES = 100_000
const MAX_CHARS = 4_000_000

/**
 * SHA-256 (hex) of the RFC 8785 (JCS) form of an input: what decisions, approvals and receipts are bound to.
 * Values that JSON cannot tell apart (`Map`, `Set`, bytes, bigint, non-finite numbers) are first written in a tagged form.
 *
 * @throws GovernanceError `invalid-call` for an input that is cyclic, too deep or too large
 */
export function fingerprint(input: unknown): Awaitable<string> {
  return sha256(isPlain(input) ? (canonicalize(input) ?? 'undefined') : `tagged:${canonicalize(tagged(input))}`)
}

/** Checks the limits, and says whether JSON can carry the input as it is. */
function isPlain(input: unknown): boolean {
  let nodes = 0
  let chars = 0
  const visit = (value: unknown, depth: number): boolean => {
    if (++nodes > MAX_NODES) throw tooBig(`more than ${MAX_NODES} values`)
    if (typeof value === 'string') {
      chars += value.length
      if (chars > MAX_CHARS) throw tooBig(`more than ${MAX_CHARS} characters`)
      return true
    }
    if (typeof value === 'number') return Number.isFinite(value)
    if (typeof value !== 'object')
      return typeof value !== 'bigint' && typeof value !== 'symbol' && typeof value !== 'function'
    if (value === null) return true
    if (depth >= MAX_DEPTH) throw tooBig(`nested deeper than ${MAX_DEPTH} levels, or cyclic`)
    let plain = true
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) if (!visit(value[index], depth + 1)) plain = false
      return plain
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) plain = false
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') plain = false
    for (const key of Object.keys(value)) {
      chars += key.length
      if (!visit((value as Record<string, unknown>)[key], depth + 1)) plain = false
    }
    return plain
  }
  return visit(input, 0)
}

/** The same value with everything JSON would lose written out under `$` keys; keys that begin with `$` are escaped, so no object can imitate a tag. */
function tagged(value: unknown): unknown {
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
  if (ArrayBuffer.isView(value)) {
    return {
      $bytes: Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)),
      type: value.constructor.name,
    }
  }
  const plain: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(value))
    plain[key.startsWith('$') ? `$${key}` : key] = tagged((value as Record<string, unknown>)[key])
  return plain
}

function tooBig(what: string): GovernanceError {
  return new GovernanceError('invalid-call', `The tool input is ${what}; it cannot be governed.`)
}
