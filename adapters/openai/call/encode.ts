const MAX_DEPTH = 32

/**
 * A tool's result as JSON text. What JSON has no words for is written in words that say it: dates in ISO form, big integers as
 * text, maps as objects or pairs, sets as lists, bytes in base64, errors by their name, cycles as such.
 *
 * @throws whatever makes a value unreadable: a getter or a `toJSON` that throws
 */
export function encodeOutput(value: unknown): string {
  return JSON.stringify(plain(value, [])) ?? 'null'
}

function plain(value: unknown, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'bigint':
      return String(value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'symbol':
    case 'function':
      return undefined
    case 'object':
      return value === null ? null : plainObject(value, above)
    default:
      return value
  }
}

function plainObject(value: object, above: readonly object[]): unknown {
  if (above.includes(value)) return '[circular]'
  if (above.length >= MAX_DEPTH) return '[too deep]'
  const within = [...above, value]
  const inner = (item: unknown): unknown => plain(item, within)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (Array.isArray(value)) return value.map(item => inner(item) ?? null)
  if (value instanceof Map) return plainMap(value, inner)
  if (value instanceof Set) return [...value].map(item => inner(item) ?? null)
  if (value instanceof Error) return { error: value.name }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return base64(value)
  if (value instanceof RegExp || value instanceof URL) return String(value)
  const written = value as { readonly toJSON?: unknown }
  if (typeof written.toJSON === 'function') return inner((written.toJSON as () => unknown).call(value))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item)]))
}

function plainMap(value: ReadonlyMap<unknown, unknown>, inner: (item: unknown) => unknown): unknown {
  const entries = [...value]
  return entries.every(([key]) => typeof key === 'string')
    ? Object.fromEntries(entries.map(([key, item]) => [key, inner(item)]))
    : entries.map(([key, item]) => [inner(key) ?? null, inner(item) ?? null])
}

function base64(value: ArrayBufferView | ArrayBuffer): string {
  const bytes = ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
  let text = ''
  for (const byte of bytes) text += String.fromCodePoint(byte)
  return btoa(text)
}
