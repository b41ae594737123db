import { createHmac, timingSafeEqual } from 'node:crypto'
import type { HonoRequest } from 'hono'
import type { Approver } from './approver.js'

/** Name of the form's field that holds the token. */
export const TOKEN_FIELD = 'token'

/** The token of every form in a session: who can read it has read a page of that session. */
export function formToken(secret: string, sessionId: string, { name, tenant }: Approver): string {
  const bound = JSON.stringify(['countersign-form-v1', sessionId, name, tenant])
  return createHmac('sha256', secret).update(bound).digest('base64url')
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
export function isSameText(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/**
 * Whether a request comes from a page of the same origin, as the browser says.
 *
 * @param own the origin that browsers see, where it is known; else the host that was asked
 */
export function isFromHere(req: Pick<HonoRequest, 'header' | 'url'>, own: string | undefined): boolean {
  const origin = req.header('origin')
  const site = req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin') return false
  if (origin === undefined) return site === 'same-origin'
  if (own !== undefined) return origin === own
  return URL.canParse(origin) && new URL(origin).host === (req.header('host') ?? new URL(req.url).host)
}
