/** What arrived, and what it is checked with. */
export interface WebhookToVerify {
  /** The body as it arrived, before anything reads it: text that was parsed and written again is another text. */
  readonly payload: string | Uint8Array | ArrayBuffer
  /** The signature header: `v1=…`, several where the secret was just replaced. */
  readonly signature: string | null | undefined
  /** The timestamp header: seconds since 1970. */
  readonly timestamp: string | number | null | undefined
  readonly secret: string
  /** How old, or ahead, a delivery may be. @defaultValue 300 */
  readonly toleranceSeconds?: number
  /** Epoch milliseconds. @defaultValue the machine's clock */
  readonly now?: number
}

/** Why a delivery is not believed. */
export type WebhookProblem =
  /** The secret is empty, or no text. */
  | 'no-secret'
  /** The payload is neither text nor bytes: it was read already. */
  | 'payload-not-raw'
  /** The timestamp is missing, or no number of seconds. */
  | 'malformed-timestamp'
  /** There is no `v1` signature, or too many. */
  | 'malformed-signature'
  /** It was sent too long ago, or in the future: perhaps somebody sends again what they recorded. */
  | 'outside-tolerance'
  /** It was changed, or signed with another secret. */
  | 'no-match'
  /** The runtime has no Web Crypto. */
  | 'no-crypto'

/** Whether a delivery is the service's. */
export type WebhookVerification = { readonly valid: true } | { readonly valid: false; readonly reason: WebhookProblem }

/** More than a service would send while it replaces a secret; few enough to cost nothing. */
const MAX_SIGNATURES = 16
const SIGNATURE = /^v1=([0-9a-f]{64})$/i

/**
 * Checks that a webhook comes from the service: `v1=` and the hex of HMAC-SHA256 over `timestamp.payload`. Nobody is asked,
 * and nothing is thrown, whatever arrived. A delivery that is valid can still be one that came before: drop ids you have seen.
 */
export async function verifyWebhook(delivery: WebhookToVerify): Promise<WebhookVerification> {
  const { secret, toleranceSeconds = 300, now = Date.now() }: Partial<WebhookToVerify> = delivery ?? {}
  if (typeof secret !== 'string' || secret === '') return invalid('no-secret')
  const payload = bytesOf(delivery.payload)
  if (payload === undefined) return invalid('payload-not-raw')
  const timestamp = secondsOf(delivery.timestamp)
  if (timestamp === undefined) return invalid('malformed-timestamp')
  const signatures = signaturesOf(delivery.signature)
  if (signatures.length === 0 || signatures.length > MAX_SIGNATURES) return invalid('malformed-signature')
  if (!isRecent(Number(timestamp), now, toleranceSeconds)) return invalid('outside-tolerance')
  const expected = await sign(secret, timestamp, payload).catch(() => undefined)
  if (expected === undefined) return invalid('no-crypto')
  // All of them are compared, so that the time it takes says nothing.
  const matches = signatures.map(signature => isSame(signature, expected))
  return matches.includes(true) ? { valid: true } : invalid('no-match')
}

function invalid(reason: WebhookProblem): WebhookVerification {
  return { valid: false, reason }
}

function bytesOf(payload: unknown): Uint8Array | undefined {
  if (typeof payload === 'string') return new TextEncoder().encode(payload)
  if (payload instanceof ArrayBuffer) return payload.detached ? undefined : new Uint8Array(payload)
  return payload instanceof Uint8Array ? payload : undefined
}

/** Written so that what is no number is never recent. */
function isRecent(seconds: number, now: unknown, tolerance: unknown): boolean {
  return typeof now === 'number' && typeof tolerance === 'number' && Math.abs(now / 1000 - seconds) <= tolerance
}

/** The seconds as they were signed. */
function secondsOf(timestamp: unknown): string | undefined {
  const text = typeof timestamp === 'number' ? String(timestamp) : timestamp
  return typeof text === 'string' && /^\d{1,12}$/.test(text) ? text : undefined
}

/** The `v1` signatures of a header, in lower case. Other versions are for other readers. */
function signaturesOf(header: unknown): readonly string[] {
  if (typeof header !== 'string') return []
  return header.split(/[\s,]+/).flatMap(part => SIGNATURE.exec(part)?.[1]?.toLowerCase() ?? [])
}

async function sign(secret: string, timestamp: string, payload: Uint8Array): Promise<string> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign'])
  const prefix = encoder.encode(`${timestamp}.`)
  const message = new Uint8Array(prefix.length + payload.length)
  message.set(prefix)
  message.set(payload, prefix.length)
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, message))
  return Array.from(signature, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Compares texts of one length in a time that does not depend on where they differ. */
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at)
  return difference === 0
}
