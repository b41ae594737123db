// Texts from outside: what cannot be read is `undefined`, never an exception.

/** What a JSON text says; `undefined` where it is none, which no JSON text says. */
export function readJson(text: string | undefined): unknown {
  try {
    // oxlint-disable-next-line no-restricted-properties -- the one place, where a text that is no JSON is an answer
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The object that a JSON text holds, if it holds one. */
export function readJsonObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  const value = readJson(text)
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined
}

/** Bytes in lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** A function takes only so many arguments. */
const CHUNK = 4096

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CODES = Uint8Array.from(ALPHABET, digit => digit.charCodeAt(0))
/** The digit of each ASCII code; 64 for those that are none. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => (CODES.includes(code) ? CODES.indexOf(code) : 64))

/** Bytes in base64url (RFC 4648), without padding. Written out: `btoa` with what it leaves to be replaced takes five times as long. */
export function toBase64Url(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  let bits = 0
  let left = 0
  let to = 0
  for (let at = 0; at < bytes.length; at++) {
    bits = ((bits << 8) | (bytes[at] ?? 0)) & 0xffff
    for (left += 8; left >= 6; left -= 6) codes[to++] = CODES[(bits >> (left - 6)) & 63] ?? 0
  }
  if (left > 0) codes[to] = CODES[(bits << (6 - left)) & 63] ?? 0
  let text = ''
  for (let at = 0; at < codes.length; at += CHUNK) text += String.fromCharCode(...codes.subarray(at, at + CHUNK))
  return text
}

/** The bytes of a base64url text in the one form there is for them: another spelling would be another token of the same meaning. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bits = 0
  let left = 0
  let to = 0
  for (let at = 0; at < text.length; at++) {
    const digit = DIGITS[text.charCodeAt(at)] ?? 64
    if (digit === 64) return undefined
    bits = ((bits << 6) | digit) & 0xffff
    left += 6
    if (left < 8) continue
    left -= 8
    bytes[to++] = bits >> left
  }
  // What is left over says nothing, and is nothing but zeros in the one form.
  return (bits & ((1 << left) - 1)) === 0 ? bytes : undefined
}

/** The bytes of a base64 text (RFC 4648). */
export function fromBase64(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const binary = atob(base64)
    const bytes = new Uint8Array(binary.length)
    for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at)
    return bytes
  } catch {
    return undefined
  }
}

/** A text as the base64url of its UTF-8. */
export function encodeText(text: string): string {
  return toBase64Url(new TextEncoder().encode(text))
}

/** The text that {@link encodeText} encoded; `undefined` where it did not. */
export function decodeText(part: string): string | undefined {
  const bytes = fromBase64Url(part)
  try {
    return bytes === undefined ? undefined : new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
