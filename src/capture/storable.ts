import { readJson } from '../encoding.js'
import type { StoredOutput } from '../receipt.js'
import { tagged } from '../tagged.js'

/** Longer results are not kept: a receipt is for telling what happened, not an archive. */
const MAX_CHARS = 1_000_000
const MAX_DEPTH = 64

/**
 * A value as a store keeps it: as it is where JSON keeps it so, else in the tagged form that fingerprints are made of.
 * {@link restore} is the way back.
 *
 * @throws whatever makes a value unreadable: a cycle, a blob, a getter that throws
 */
export function storable(value: unknown): unknown {
  return isKeptByJson(value, 0) ? value : value === undefined ? { $undefined: true } : tagged(value)
}

/** {@link storable} for a tool's result; never throws. */
export function storeOutput(value: unknown): StoredOutput {
  try {
    const kept = storable(value)
    const text = JSON.stringify(kept)
    if (text.length > MAX_CHARS) return { kind: 'lost', reason: `it is more than ${MAX_CHARS} characters` }
    return { kind: 'json', value: kept === value && typeof value === 'object' ? readJson(text) : kept }
  } catch {
    return { kind: 'lost', reason: 'it cannot be serialised' }
  }
}

/** The value that {@link storable} wrote. What was opaque (a function) comes back as `undefined`. */
export function restore(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return stored
  if (Array.isArray(stored)) return stored.map(restore)
  const [first = ''] = Object.keys(stored)
  const held = (stored as Readonly<Record<string, unknown>>)[first]
  if (first.startsWith('$') && !first.startsWith('$$')) return untagged(first, held, stored)
  return Object.fromEntries(
    Object.entries(stored).map(([key, item]) => [key.startsWith('$$') ? key.slice(1) : key, restore(item)]),
  )
}

function untagged(tag: string, held: unknown, stored: object): unknown {
  switch (tag) {
    case '$bigint':
      return BigInt(held as string)
    case '$number':
      return Number(held)
    case '$date':
      return new Date(held as string)
    case '$map':
      return new Map(
        (held as readonly (readonly [unknown, unknown])[]).map(([key, item]) => [restore(key), restore(item)]),
      )
    case '$set':
      return new Set((held as readonly unknown[]).map(restore))
    case '$bytes':
      return new Uint8Array(held as readonly number[])
    case '$text':
      return (stored as { readonly type?: unknown }).type === 'URL' ? new URL(held as string) : held
    default:
      return undefined
  }
}

function isKeptByJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || isKeptObject(value, depth)
    default:
      return false
  }
}

function isKeptObject(value: object, depth: number): boolean {
  if (depth >= MAX_DEPTH) throw new TypeError('nested too deep, or cyclic')
  if (Array.isArray(value)) return value.every(item => isKeptByJson(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.entries(value).every(
    ([key, item]) => !key.startsWith('$') && (item === undefined || isKeptByJson(item, depth + 1)),
  )
}
