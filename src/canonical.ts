import canonicalize from 'canonicalize'

/** What {@link ordered} answers where `JSON.stringify` cannot be made to write RFC 8785. */
const LEAVE_TO_LIBRARY = Symbol('leave to library')

/**
 * The RFC 8785 (JCS) text of a JSON value. `JSON.stringify` writes numbers and strings as the RFC wants them, so all it
 * needs is keys in order, at a quarter of the library's cost; the rare rest goes to the library.
 */
export function canonicalText(value: unknown): string {
  const inOrder = ordered(value)
  const text = inOrder === LEAVE_TO_LIBRARY ? canonicalize(value) : (JSON.stringify(inOrder) as string | undefined)
  return text ?? 'undefined'
}

/** The same value with all keys in order: itself where they are. */
function ordered(value: unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : LEAVE_TO_LIBRARY
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? orderedArray(value) : orderedObject(value as Readonly<Record<string, unknown>>)
}

function orderedArray(array: readonly unknown[]): unknown {
  let copy: unknown[] | undefined
  for (let index = 0; index < array.length; index++) {
    const item = ordered(array[index])
    if (item === LEAVE_TO_LIBRARY) return LEAVE_TO_LIBRARY
    if (item === array[index]) continue
    copy ??= [...array]
    copy[index] = item
  }
  return copy ?? array
}

function orderedObject(object: Readonly<Record<string, unknown>>): unknown {
  const keys = Object.keys(object)
  const isSorted = keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') < key)
  // An engine lists keys that look like array indexes first, wherever they were put.
  if (!isSorted && keys.some(startsWithDigit)) return LEAVE_TO_LIBRARY
  let copy: Record<string, unknown> | undefined
  for (const key of isSorted ? keys : keys.toSorted(byCodeUnits)) {
    const item = key.isWellFormed() && key !== '__proto__' ? ordered(object[key]) : LEAVE_TO_LIBRARY
    if (item === LEAVE_TO_LIBRARY) return LEAVE_TO_LIBRARY
    if (!isSorted) copy ??= {}
    else if (item !== object[key]) copy ??= { ...object }
    if (copy !== undefined) copy[key] = item
  }
  return copy ?? object
}

function startsWithDigit(key: string): boolean {
  const code = key.charCodeAt(0)
  return code >= 48 && code <= 57
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : 1
}
