import { GovernanceError } from 'countersign'
import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a link in a mail or a chat shows: one request, to read and nothing else. */
export interface LinkClaims {
  readonly approvalId: string
  /** Epoch milliseconds: after it the link shows nothing. */
  readonly expiresAt: number
}

/** Fewer characters can be guessed. */
const LEAST_SECRET = 32
/** Tokens of this kind are mistaken for no others that the same secret signs. */
const PURPOSE = 'countersign-link-v1'
/** No token is longer: ids are short. */
const MOST_CHARS = 2048

/**
 * A token for a link that shows one request, without its reader being signed in. It never answers a request, whoever has it.
 * The link is the address of the inbox and {@link linkPath}.
 *
 * @param secret 32 characters or more; the inbox is given the same one
 * @throws GovernanceError `invalid-option` for a secret that is too short
 */
export function signLink({ approvalId, expiresAt }: LinkClaims, secret: string): string {
  const payload = Buffer.from(JSON.stringify([approvalId, expiresAt])).toString('base64url')
  return `${payload}.${macOf(payload, secret)}`
}

/** Where the inbox shows what a token is for, from its own address on: `/links/…`. */
export function linkPath(token: string): string {
  return `/links/${token}`
}

/**
 * What a token shows; nothing where it is not ours, was changed, or is over.
 *
 * @param now epoch milliseconds
 * @throws GovernanceError `invalid-option` for a secret that is too short
 */
export function verifyLink(token: string, secret: string, now: number): LinkClaims | undefined {
  const [payload = '', mac = '', ...rest] = token.length > MOST_CHARS ? [] : token.split('.')
  // As texts: one signature has one spelling.
  const [expected, given] = [Buffer.from(macOf(payload, secret)), Buffer.from(mac)]
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const [approvalId, expiresAt] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, number]
  return now < expiresAt ? { approvalId, expiresAt } : undefined
}

/** @throws GovernanceError `invalid-option` */
export function checkSecret(secret: unknown, option: string): string {
  if (typeof secret === 'string' && secret.length >= LEAST_SECRET) return secret
  throw new GovernanceError('invalid-option', `Option \`${option}\`: expected ${LEAST_SECRET} characters or more.`)
}

function macOf(payload: string, secret: string): string {
  return createHmac('sha256', checkSecret(secret, 'secret')).update(`${PURPOSE}.${payload}`).digest('base64url')
}
