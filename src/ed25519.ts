import { expect, invalid } from './check.js'
import { fromBase64, fromBase64Url, hex, toBase64Url } from './encoding.js'
import { GovernanceError } from './errors.js'

/** The part of a `CryptoKey` that is looked at. */
interface CryptoKeyLike {
  readonly type: string
  readonly algorithm: { readonly name: string }
}

/** An Ed25519 key as a JSON Web Key (RFC 8037); `d` makes it the private one. */
export interface Ed25519Jwk {
  readonly kty?: string | undefined
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly d?: string | undefined
  /** Names it, so that a signature can say which key it was made with. */
  readonly kid?: string | undefined
}

/** An Ed25519 key: a `CryptoKey`, a JWK, or PEM text (PKCS #8 for a private one, SPKI for a public one). */
export type Ed25519Key = CryptoKeyLike | Ed25519Jwk | string

/** Whom to believe: a key, several, or several by the id that signatures name. */
export type PublicKeys = Ed25519Key | readonly Ed25519Key[] | Readonly<Record<string, Ed25519Key>>

/** 32 bytes in base64url. */
const RAW_KEY = /^[\w-]{43}$/
/** What comes before the 32 bytes of the key in the DER form of an Ed25519 public key (RFC 8410). */
const SPKI_PREFIX = '302a300506032b6570032100'
const SPKI_BYTES = 44

/** Public keys that have been looked at: what they are is known at once, and each is imported once. */
export class KeyRing {
  readonly #keys: readonly { readonly id: string | undefined; readonly load: () => Promise<CryptoKey> }[]

  /** @throws GovernanceError `invalid-option`, naming `option`, for what is not an Ed25519 public key */
  constructor(keys: PublicKeys, option: string) {
    const named = namedKeys(keys, option)
    expect(named.length > 0, option, 'an Ed25519 public key, a list of them, or an object of them by id')
    this.#keys = named.map(([id, key, place]) => ({ id: id ?? idOf(key), load: publicKey(key, place) }))
  }

  /** The keys that may have signed what names `id`: those of that id, else those without one; all where none is named. */
  candidates(id: string | undefined): readonly (() => Promise<CryptoKey>)[] {
    if (id === undefined) return this.#keys.map(key => key.load)
    const named = this.#keys.filter(key => key.id === id)
    return (named.length > 0 ? named : this.#keys.filter(key => key.id === undefined)).map(key => key.load)
  }
}

/** Makes an Ed25519 key pair as JWKs with an id (the thumbprint of RFC 7638), so that keys can be told apart and replaced. */
export async function generateKeyPair(): Promise<{ readonly publicKey: Ed25519Jwk; readonly privateKey: Ed25519Jwk }> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  const { x, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const thumbprint = new TextEncoder().encode(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
  const kid = toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', thumbprint)))
  const publicKey = { kty: 'OKP', crv: 'Ed25519', x, kid }
  return { publicKey, privateKey: { ...publicKey, d } }
}

/** @throws GovernanceError `invalid-option`, naming `option`, for what cannot be an Ed25519 private key */
export function checkPrivateKey(key: unknown, option: string): void {
  const fits =
    typeof key === 'string'
      ? key.includes('-----BEGIN PRIVATE KEY-----')
      : isCryptoKey(key)
        ? key.type === 'private' && key.algorithm.name === 'Ed25519'
        : isJwk(key) &&
          key.kty === 'OKP' &&
          key.crv === 'Ed25519' &&
          RAW_KEY.test(key.d ?? '') &&
          RAW_KEY.test(key.x ?? '')
  expect(fits, option, 'an Ed25519 private key: a CryptoKey, a JWK with `d`, or PEM text (unencrypted PKCS #8)')
}

/** @throws GovernanceError `invalid-option` for what is not an Ed25519 private key */
export async function importPrivate(key: Ed25519Key): Promise<CryptoKey> {
  checkPrivateKey(key, 'privateKey')
  if (isCryptoKey(key)) return key as CryptoKey
  try {
    if (typeof key === 'string') {
      return await crypto.subtle.importKey('pkcs8', derOf(key) ?? new Uint8Array(), 'Ed25519', false, ['sign'])
    }
    const { x, d } = key as { readonly x: string; readonly d: string }
    return await crypto.subtle.importKey('jwk', { kty: 'OKP', crv: 'Ed25519', x, d }, 'Ed25519', false, ['sign'])
  } catch (cause) {
    return unusable('privateKey')(cause)
  }
}

function unusable(option: string): (cause: unknown) => never {
  return cause => {
    const message = `Option \`${option}\`: this runtime cannot use it as an Ed25519 key.`
    throw new GovernanceError('invalid-option', message, { cause })
  }
}

/** Looks at a public key at once; the returned function imports it, once. */
function publicKey(key: unknown, option: string): () => Promise<CryptoKey> {
  if (isCryptoKey(key)) {
    if (key.type === 'private') throw isPrivate(option)
    expect(key.type === 'public' && key.algorithm.name === 'Ed25519', option, 'an Ed25519 public key')
    const ready = Promise.resolve(key as CryptoKey)
    return () => ready
  }
  const raw = typeof key === 'string' ? rawOfPem(key, option) : isJwk(key) ? rawOfJwk(key, option) : undefined
  if (raw?.length !== 32) {
    throw invalid(option, 'expected an Ed25519 public key: a CryptoKey, a JWK, or PEM text (SPKI)')
  }
  let imported: Promise<CryptoKey> | undefined
  return () => (imported ??= crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']).catch(unusable(option)))
}

function rawOfPem(pem: string, option: string): Uint8Array<ArrayBuffer> | undefined {
  if (pem.includes('PRIVATE KEY-----')) throw isPrivate(option)
  const der = pem.includes('-----BEGIN PUBLIC KEY-----') ? derOf(pem) : undefined
  const isEd25519 = der?.length === SPKI_BYTES && hex(der.subarray(0, SPKI_PREFIX.length / 2)) === SPKI_PREFIX
  return isEd25519 ? der.subarray(SPKI_PREFIX.length / 2) : undefined
}

function rawOfJwk({ kty, crv, x, d }: Ed25519Jwk, option: string): Uint8Array<ArrayBuffer> | undefined {
  if (d !== undefined) throw isPrivate(option)
  return kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string' ? fromBase64Url(x) : undefined
}

function isPrivate(option: string): GovernanceError {
  return invalid(option, 'this is a private key. Whoever only checks must not hold it; pass the public one')
}

/** The bytes between the lines of a PEM text. */
function derOf(pem: string): Uint8Array<ArrayBuffer> | undefined {
  return fromBase64(pem.replace(/-----(BEGIN|END) [A-Z ]+-----/g, '').replace(/\s/g, ''))
}

type NamedKey = readonly [id: string | undefined, key: unknown, option: string]

function namedKeys(keys: unknown, option: string): readonly NamedKey[] {
  if (Array.isArray(keys)) return keys.map((key, index): NamedKey => [undefined, key, `${option}[${index}]`])
  const isRecord = typeof keys === 'object' && keys !== null && !isCryptoKey(keys) && !isJwk(keys)
  if (!isRecord) return [[undefined, keys, option]]
  return Object.entries(keys).map(([id, key]): NamedKey => [id, key, `${option}.${id}`])
}

function isCryptoKey(key: unknown): key is CryptoKeyLike {
  return typeof key === 'object' && key !== null && 'algorithm' in key && 'type' in key
}

function isJwk(key: unknown): key is Ed25519Jwk {
  return typeof key === 'object' && key !== null && 'kty' in key && typeof key.kty === 'string'
}

/** The id that a JWK carries. */
export function idOf(key: unknown): string | undefined {
  return isJwk(key) && typeof key.kid === 'string' ? key.kid : undefined
}
