import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'

const NAME = 'countersign_inbox'
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** Where browsers are: the origin they see, where it is known. */
type Origin = string | undefined

/** The session's id that came with a request. */
export function readSession(context: Context, origin: Origin): string | undefined {
  return isSecure(context, origin) ? getCookie(context, NAME, 'host') : getCookie(context, NAME)
}

/** Hands out a session's id: to this host only, out of reach of scripts and of other sites. */
export function writeSession(context: Context, origin: Origin, id: string): void {
  const shared = { path: '/', httpOnly: true, sameSite: 'Strict' } as const
  if (isSecure(context, origin)) setCookie(context, NAME, id, { ...shared, secure: true, prefix: 'host' })
  else setCookie(context, NAME, id, shared)
}

/** Takes it back. */
export function dropSession(context: Context, origin: Origin): void {
  if (isSecure(context, origin)) deleteCookie(context, NAME, { path: '/', secure: true, prefix: 'host' })
  else deleteCookie(context, NAME, { path: '/' })
}

/** Everywhere but on this very machine. */
function isSecure({ req }: Context, origin: Origin = req.url): boolean {
  return !LOOPBACK.test(new URL(origin).hostname)
}
