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

/** Bytes in base64url (RFC 4648), without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The bytes of a base64url text in the one form there is for them: another spelling would be another token of the same meaning. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
  return bytes !== undefined && toBase64Url(bytes) === text ? bytes : undefined
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
