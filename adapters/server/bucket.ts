import { Refusal } from '../../src/service/protocol/refusal.js'

const MINUTE_MS = 60_000

/** A token bucket: it fills steadily, and a minute's worth may be taken at once. */
export interface Bucket {
  left: number
  at: number
}

/** One that is full. */
export function fullBucket(perMinute: number, now: number): Bucket {
  return { left: perMinute, at: now }
}

/** Fills it with what has come since it was looked at last. */
export function refill(bucket: Bucket, perMinute: number, now: number): void {
  bucket.left = Math.min(perMinute, bucket.left + (Math.max(0, now - bucket.at) * perMinute) / MINUTE_MS)
  bucket.at = now
}

/** @throws Refusal 429 where it is empty, with the seconds after which it is not, as `Retry-After` */
export function refuseEmpty(
  { left }: Bucket,
  perMinute: number,
  detail: { readonly code: string; readonly message: string },
): void {
  if (left >= 1) return
  const seconds = Math.max(1, Math.ceil(((1 - left) * MINUTE_MS) / perMinute / 1000))
  throw new Refusal(429, detail, { 'retry-after': String(seconds) })
}
