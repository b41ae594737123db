/** What {@link ordered} answers where `JSON.stringify` cannot be made to write RFC 8785. */
const BY_HAND = Symbol('by hand')

/**
 * The RFC 8785 (JCS) text of a JSON value. `JSON.stringify` writes numbers and strings as the RFC wants them, so all it
 * needs is keys in order; where an object cannot be put in order, the text is put together key by key.
 *
 * @throws TypeError for a text with half of a surrogate pair, which has no UTF-8
 */
export function canonicalText(value: unknown): string {
  const inOrder = ordered(value)
  const text = inOrder === BY_HAND ? written(value) : (JSON.stringify(inOrder) as string | undefined)
  return text ?? 'undefined'
}

/** The text, key by key; nothing for what JSON leaves out. */
function written(value: unknown): string | undefined {
  if (typeof value === 'string' && !value.isWellFormed()) throw new TypeError('a lone surrogate has no canonical form')
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${Array.from(value, item => written(item) ?? 'null').join(',')}]`
  const members = Object.keys(value)
    .toSorted(byCodeUnits)
    .flatMap(key => {
      const text = written((value as Readonly<Record<string, unknown>>)[key])
      return text === undefined ? [] : [`${written(key)}:${text}`]
    })
  return `{${members.join(',')}}`
}

/** The same value with all keys in order: itself where they are. */
function ordered(value: unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : BY_HAND
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? orderedArray(value) : orderedObject(value as Readonly<Record<string, unknown>>)
}

function orderedArray(array: readonly unknown[]): unknown {
  let copy: unknown[] | undefined
  for (let index = 0; index < array.length; index++) {
    const item = ordered(array[index])
    if (item === BY_HAND) return BY_HAND
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
  if (!isSorted && keys.some(startsWithDigit)) return BY_HAND
  let copy: Record<string, unknown> | undefined
  for (const key of isSorted ? keys : keys.toSorted(byCodeUnits)) {
    const item = key.isWellFormed() && key !== '__proto__' ? ordered(object[key]) : BY_HAND
    if (item === BY_HAND) return BY_HAND
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
