import { sha256 } from '../ambient.js'
import type { Awaitable } from '../types.js'
import { canonicalText } from '../canonical.js'
import { bytesOf, tagged, ungovernable } from '../tagged.js'

/** Limits on what a model may send; far above real calls, far below what could stall or exhaust a process. */
const MAX_DEPTH = 64
const MAX_NODES = 100_000
const MAX_CHARS = 4_000_000
/** Longer texts are not kept for the sake of a hash. */
const MAX_REMEMBERED_CHARS = 4096

/**
 * SHA-256 (hex) of the RFC 8785 (JCS) form of an input: what decisions, approvals and receipts are bound to.
 * Values that JSON cannot tell apart (`Map`, `Set`, bytes, dates, bigint, non-finite numbers) are first written in a tagged
 * form. Functions and symbols count by their kind only, and `undefined` as absent, as in JSON.
 *
 * @throws GovernanceError `invalid-call` for an input that is cyclic, too deep or too large, or holds what has no readable content
 */
export function fingerprint(input: unknown): Awaitable<string> {
  return digestOf(isPlain(input) ? canonicalText(input) : `tagged:${canonicalText(tagged(input))}`)
}

/** One input is fingerprinted as it is decided, taken up and run: the last text is hashed once. */
let lastText = ''
let lastDigest: Awaitable<string> | undefined

function digestOf(text: string): Awaitable<string> {
  if (lastDigest !== undefined && text === lastText) return lastDigest
  const digest = sha256(text)
  if (text.length <= MAX_REMEMBERED_CHARS) {
    lastText = text
    lastDigest = digest
  }
  return digest
}

/** How much of an input has been seen. */
interface Tally {
  nodes: number
  chars: number
}

/** Checks the limits, and says whether JSON can carry the input as it is. */
function isPlain(input: unknown): boolean {
  return visit(input, 0, { nodes: 0, chars: 0 })
}

function visit(value: unknown, depth: number, tally: Tally): boolean {
  if (++tally.nodes > MAX_NODES) throw ungovernable(`is more than ${MAX_NODES} values`)
  switch (typeof value) {
    case 'string':
      measure(value.length, tally)
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || visitObject(value, depth, tally)
    default:
      return typeof value === 'boolean' || value === undefined
  }
}

function visitObject(value: object, depth: number, tally: Tally): boolean {
  if (depth >= MAX_DEPTH) throw ungovernable(`is nested deeper than ${MAX_DEPTH} levels, or cyclic`)
  let plain = true
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!visit(value[index], depth + 1, tally)) plain = false
    return plain
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    plain = false
    const bytes = bytesOf(value)
    if (bytes !== undefined) {
      measure(bytes.byteLength, tally)
      return false
    }
    visitEntries(value, depth + 1, tally)
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') plain = false
  for (const key of Object.keys(value)) {
    measure(key.length, tally)
    if (!visit((value as Record<string, unknown>)[key], depth + 1, tally)) plain = false
  }
  return plain
}

function visitEntries(value: object, depth: number, tally: Tally): void {
  if (value instanceof Map) for (const key of value.keys()) visit(key, depth, tally)
  if (value instanceof Map || value instanceof Set) for (const item of value.values()) visit(item, depth, tally)
}

function measure(length: number, tally: Tally): void {
  tally.chars += length
  if (tally.chars > MAX_CHARS) throw ungovernable(`is more than ${MAX_CHARS} characters`)
}
