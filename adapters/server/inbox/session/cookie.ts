import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'

const NAME = 'countersign_inbox'
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** The session's id that came with a request. */
export function readSession(context: Context): string | undefined {
  return isSecure(context) ? getCookie(context, NAME, 'host') : getCookie(context, NAME)
}

/** Hands out a session's id: to this host only, out of reach of scripts and of other sites. */
export function writeSession(context: Context, id: string): void {
  const shared = { path: '/', httpOnly: true, sameSite: 'Strict' } as const
  if (isSecure(context)) setCookie(context, NAME, id, { ...shared, secure: true, prefix: 'host' })
  else setCookie(context, NAME, id, shared)
}

/** Takes it back. */
export function dropSession(context: Context): void {
  if (isSecure(context)) deleteCookie(context, NAME, { path: '/', secure: true, prefix: 'host' })
  else deleteCookie(context, NAME, { path: '/' })
}

/** Everywhere but on this very machine. */
function isSecure({ req }: Context): boolean {
  return !LOOPBACK.test(new URL(req.url).hostname)
}
