import { forget, isPromiseLike } from '../ambient.js'
import type { ToolProfile } from '../tool-profile.js'

/** What stands where a value was masked. */
export const REDACTED = '[redacted]'

/**
 * The part of an input that may be shown: all of it where the profile masks nothing. A redaction that throws shows nothing.
 */
export function redactInput(input: unknown, redact: ToolProfile['redact']): unknown {
  if (redact === undefined) return input
  if (typeof redact === 'function') {
    try {
      const shown = (redact as (input: unknown) => unknown)(input)
      if (!isPromiseLike(shown)) return shown
      forget(shown)
      return REDACTED
    } catch {
      return REDACTED
    }
  }
  try {
    return redact.reduce<unknown>((shown, path) => mask(shown, path.split('.')), input)
  } catch {
    return REDACTED
  }
}

/**
 * Whether a value at a path (as rules write it) is masked, or holds or is part of something that is. Rather once too often:
 * a function may mask anything, and so may a path into what is stored in a tagged form.
 */
export function isRedacted(path: string, redact: ToolProfile['redact']): boolean {
  if (redact === undefined) return false
  if (typeof redact === 'function') return true
  const parts = namesIn(path)
  return redact.some(masked => {
    const names = namesIn(masked)
    const differs = names.findIndex((name, at) => at < parts.length && parts[at] !== name)
    return differs === -1 || parts[differs]?.startsWith('$') === true
  })
}

/** The steps of a path but those into a list, which a path to mask may leave out. */
function namesIn(path: string): readonly string[] {
  return path.split('.').filter(name => name !== '' && !/^\d+$/.test(name))
}

function mask(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path
  if (key === undefined) return REDACTED
  if (typeof value !== 'object' || value === null) return value
  // What is not made of plain fields has no paths to mask by: better nothing than all of it.
  if (!Array.isArray(value) && !isPlainObject(value)) return REDACTED
  if (!Object.hasOwn(value, key)) return Array.isArray(value) ? value.map(item => mask(item, path)) : value
  const inner = mask((value as Record<string, unknown>)[key], rest)
  return Array.isArray(value) ? value.with(Number(key), inner) : { ...value, [key]: inner }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
