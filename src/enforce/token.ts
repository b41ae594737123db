import { systemClock, type Clock } from '../ambient.js'
import { type Ed25519Key, generateKeyPair, type Ed25519Jwk, KeyRing, type PublicKeys } from '../ed25519.js'
import { toBase64Url } from '../encoding.js'
import { type Claims, type JwsKind, openJws, refusing, signJws } from '../jws.js'

const KIND: JwsKind = { type: 'countersign-resolution+jwt', title: 'resolution token' }
const DEFAULT_TTL_MS = 10 * 60_000
const DEFAULT_SKEW_MS = 60_000
const NONCE_BYTES = 16
const MAX_TEXT_CHARS = 4000
/** The last second that a `Date` can show. */
const MAX_SECONDS = 8_640_000_000_000
const KNOWN = new Set('approvalId digest resolution by comment input tool nonce iat exp'.split(' '))
const DIGEST = /^[0-9a-f]{64}$/

/** A person's answer as whoever asked them signs it, away from the process that acts. */
export interface ResolutionClaims {
  readonly approvalId: string
  /** SHA-256 (hex) of the input that the person was shown. */
  readonly digest: string
  readonly resolution: 'approved' | 'rejected'
  readonly by: string
  /** Epoch milliseconds. The token holds whole seconds, rounded down. */
  readonly issuedAt: number
  /** Epoch milliseconds from which on it counts for nothing. The token holds whole seconds, rounded down. */
  readonly expiresAt: number
  /** Different in every token: the same one counts once. */
  readonly nonce: string
  readonly comment?: string
  /** The edited input. Absent where the call is answered as it is. */
  readonly input?: unknown
  /** Tool of the edited call, where it is another one. */
  readonly tool?: string
}

/** What is to be signed; the rest has defaults. */
export interface ResolutionToSign extends Omit<ResolutionClaims, 'issuedAt' | 'expiresAt' | 'nonce'> {
  /** Epoch milliseconds. @defaultValue now */
  readonly issuedAt?: number
  /** Epoch milliseconds. @defaultValue ten minutes after `issuedAt` */
  readonly expiresAt?: number
  /** @defaultValue 16 random bytes */
  readonly nonce?: string
}

/** Options of {@link signResolution}. */
export interface SignResolutionOptions {
  /** Says which key it is signed with. @defaultValue the `kid` of a JWK */
  readonly keyId?: string
  /** @defaultValue the machine's clock */
  readonly clock?: Pick<Clock, 'now'>
}

/** Options of {@link verifyResolution}. */
export interface VerifyResolutionOptions {
  /** Epoch milliseconds. */
  readonly now: number
  /** How far the signer's clock may be off, in milliseconds. @defaultValue 60_000 */
  readonly clockSkewMs?: number
}

/**
 * Signs an answer: a compact JWS (RFC 7515) with `{"alg":"EdDSA","typ":"countersign-resolution+jwt"}`. Belongs where the
 * approver is asked. The private key never comes near the process that acts.
 *
 * @throws GovernanceError `invalid-option` for what is not an Ed25519 private key, `invalid-token` for a claim that no
 * verifier would accept, `invalid-call` for a token of more than 100,000 characters
 */
export async function signResolution(
  claims: ResolutionToSign,
  privateKey: Ed25519Key,
  { keyId, clock = systemClock }: SignResolutionOptions = {},
): Promise<string> {
  const { issuedAt = clock.now(), nonce = newNonce(), ...rest } = claims
  const { expiresAt = issuedAt + DEFAULT_TTL_MS, comment = '', ...answer } = rest
  const payload = { ...answer, nonce, iat: seconds(issuedAt), exp: seconds(expiresAt), ...(comment && { comment }) }
  readClaims(payload)
  return signJws(KIND, payload, privateKey, keyId)
}

/**
 * The claims of a token that was signed with one of these keys and holds now. Says nothing of whether the approval exists,
 * has that digest and was not answered yet, nor whether the nonce is new: the ledger knows.
 *
 * @throws GovernanceError `invalid-token`, with a sentence that says why
 */
export async function verifyResolution(
  token: string,
  publicKeys: PublicKeys | KeyRing,
  { now, clockSkewMs = DEFAULT_SKEW_MS }: VerifyResolutionOptions,
): Promise<ResolutionClaims> {
  const keys = publicKeys instanceof KeyRing ? publicKeys : checkPublicKeys(publicKeys, 'publicKeys')
  const claims = readClaims(await openJws(KIND, token, keys))
  const refuse = refusing(KIND)
  // Negated, so that a time that is no number refuses.
  if (!(now >= claims.issuedAt - clockSkewMs)) throw refuse(`was issued in the future, at ${time(claims.issuedAt)}`)
  if (!(now < claims.expiresAt + clockSkewMs)) throw refuse(`expired at ${time(claims.expiresAt)}`)
  return claims
}

/**
 * Looks at public keys at start-up; each is imported once, when it is first needed.
 *
 * @throws GovernanceError `invalid-option`, naming `option`: what is not an Ed25519 public key, and a private key too
 */
export function checkPublicKeys(publicKeys: PublicKeys, option: string): KeyRing {
  return new KeyRing(publicKeys, option)
}

/** Makes a key pair as JWKs: the public one for `approvals.publicKeys`, the private one for {@link signResolution}. */
export function generateApprovalKeys(): Promise<{ readonly publicKey: Ed25519Jwk; readonly privateKey: Ed25519Jwk }> {
  return generateKeyPair()
}

/** Claims of the right types. What nobody knows is refused: a misspelt `input` must not mean an approval of the original. */
function readClaims(claims: Claims): ResolutionClaims {
  const refuse = refusing(KIND)
  for (const name of Object.keys(claims)) {
    if (!KNOWN.has(name)) throw refuse(`holds a claim that is not known: ${JSON.stringify(name.slice(0, 60))}`)
  }
  const text = (name: string): string => {
    const value = claims[name]
    if (typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_CHARS) return value
    throw refuse(`has no usable \`${name}\`: expected a text of 1 to ${MAX_TEXT_CHARS} characters`)
  }
  const timeOf = (name: string): number => {
    const value = claims[name]
    if (typeof value === 'number' && value >= 0 && value <= MAX_SECONDS) return value * 1000
    throw refuse(`has no usable \`${name}\`: expected a number of seconds since 1970`)
  }
  const resolution = text('resolution')
  if (resolution !== 'approved' && resolution !== 'rejected') {
    throw refuse('has no usable `resolution`: expected "approved" or "rejected"')
  }
  const digest = text('digest')
  if (!DIGEST.test(digest)) throw refuse('has no usable `digest`: expected a SHA-256 in hex')
  const issuedAt = timeOf('iat')
  const expiresAt = timeOf('exp')
  if (expiresAt <= issuedAt) throw refuse('expires before it was issued')
  const answer = { resolution, digest, issuedAt, expiresAt, approvalId: text('approvalId'), by: text('by') } as const
  return {
    ...answer,
    nonce: text('nonce'),
    ...(claims['comment'] === undefined ? {} : { comment: text('comment') }),
    ...(claims['input'] === undefined ? {} : { input: claims['input'] }),
    ...(claims['tool'] === undefined ? {} : { tool: text('tool') }),
  }
}

function newNonce(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)))
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
