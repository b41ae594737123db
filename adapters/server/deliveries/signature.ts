import { createHmac, timingSafeEqual } from 'node:crypto'

/** Seconds by which the time of a signature may differ. */
const TOLERANCE = 300

/** `v1=` and the hex of HMAC-SHA256 over `timestamp.payload`. */
export function sign(secret: string, timestamp: number | string, payload: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex')}`
}

/** Whether a signature is right, and recent. @param now epoch milliseconds */
export function checkSignature(
  given: { readonly payload: string; readonly signature: string; readonly secret: string; readonly timestamp: unknown },
  now: number,
): { readonly valid: boolean; readonly reason: string | null } {
  const { payload, signature, secret, timestamp } = given
  // What is neither a number nor a text was signed by nobody; it may not even have a text.
  if (typeof timestamp !== 'number' && typeof timestamp !== 'string') {
    return { valid: false, reason: 'timestamp outside of tolerance' }
  }
  const [expected, actual] = [Buffer.from(sign(secret, timestamp, payload)), Buffer.from(signature)]
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
    return { valid: false, reason: 'signature mismatch' }
  }
  // Negated, so that what is no number is never recent.
  if (!(Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE)) {
    return { valid: false, reason: 'timestamp outside of tolerance' }
  }
  return { valid: true, reason: null }
}
