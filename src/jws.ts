import { type Ed25519Key, idOf, importPrivate, type KeyRing } from './ed25519.js'
import { decodeText, encodeText, fromBase64Url, readJsonObject, toBase64Url } from './encoding.js'
import { GovernanceError } from './errors.js'

/** What kind of thing a signature is for. One kind never passes for another. */
export interface JwsKind {
  /** The header's `typ`. */
  readonly type: string
  /** For messages: `resolution token`. */
  readonly title: string
}

/** Far above any real one, edited input included; far below what could stall a process. */
const MAX_CHARS = 100_000
const SIGNATURE_BYTES = 64
/** With the dot before it. */
const SIGNATURE_CHARS = 87

/** What was signed; still to be checked one by one. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * Signs claims with Ed25519: a compact JWS (RFC 7515).
 *
 * @throws GovernanceError `invalid-option` for what is not an Ed25519 private key, `invalid-call` for claims that are too large
 */
export async function signJws(
  { type, title }: JwsKind,
  claims: object,
  privateKey: Ed25519Key,
  keyId: string | undefined = idOf(privateKey),
): Promise<string> {
  const key = await importPrivate(privateKey)
  const header = { alg: 'EdDSA', typ: type, ...(keyId === undefined ? {} : { kid: keyId }) }
  const signed = `${encodeText(JSON.stringify(header))}.${encodeText(JSON.stringify(claims))}`
  if (signed.length > MAX_CHARS - SIGNATURE_CHARS) {
    throw new GovernanceError('invalid-call', `The ${title} would be longer than ${MAX_CHARS} characters.`)
  }
  const signature = await crypto.subtle.sign('Ed25519', key, new TextEncoder().encode(signed))
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`
}

/**
 * The claims of a compact JWS, once its form and its signature have been checked. Nothing is believed before.
 *
 * @throws GovernanceError `invalid-token`, with the reason
 */
export async function openJws(kind: JwsKind, token: unknown, keys: KeyRing): Promise<Claims> {
  const refuse = refusing(kind)
  if (typeof token !== 'string' || token === '') throw refuse('is missing: expected a text')
  if (token.length > MAX_CHARS) throw refuse(`is longer than ${MAX_CHARS} characters`)
  const [head = '', body = '', tail = '', ...rest] = token.split('.')
  if (tail === '' || body === '' || rest.length > 0) throw refuse('is not a signed token, or was cut short')
  const keyId = readHeader(kind, head)
  const candidates = keys.candidates(keyId)
  if (candidates.length === 0) throw refuse(`names the key ${shown(keyId)}, which is not among the public keys`)
  const signature = fromBase64Url(tail)
  if (signature?.length !== SIGNATURE_BYTES) throw refuse('has a signature that was cut short or changed')
  const signed = new TextEncoder().encode(`${head}.${body}`)
  for (const load of candidates) {
    if (!(await crypto.subtle.verify('Ed25519', await load(), signature, signed))) continue
    const claims = readJsonObject(decodeText(body))
    if (claims === undefined) throw refuse('holds no claims: expected a JSON object')
    return claims
  }
  throw refuse('has a signature that does not match: it was changed, or signed with another key')
}

/** Makes the errors of a kind: one sentence each. */
export function refusing({ title }: JwsKind): (what: string) => GovernanceError {
  return what => new GovernanceError('invalid-token', `The ${title} ${what}.`)
}

/** The id of the key that a header names, once the rest of it is as it must be. */
function readHeader(kind: JwsKind, head: string): string | undefined {
  const refuse = refusing(kind)
  const header = readJsonObject(decodeText(head))
  if (header === undefined) throw refuse('is not a signed token: its header cannot be read')
  const { alg, typ, kid } = header
  if (alg !== 'EdDSA') throw refuse(`is signed with ${shown(alg)}; only "EdDSA" is accepted`)
  if (typ !== kind.type) throw refuse(`is of another type: ${shown(typ)}; expected "${kind.type}"`)
  if (Object.hasOwn(header, 'crit')) throw refuse('asks for extensions (`crit`), and none are known')
  if (kid !== undefined && typeof kid !== 'string') throw refuse('has a key id that is not a text')
  return kid
}

/** A word from outside, fit for a message. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  return value === undefined ? 'nothing' : 'something that is no text'
}
