import { lineageOf, type Principal } from '../../auth/principal.js'
import type { Hono } from 'hono'
import { addressOf } from '../../http/address.js'
import { type Desk, send } from '../desk.js'
import { at } from '../pages/layout.js'
import { signInPage } from '../pages/sign-in.js'
import type { Approver } from '../session/approver.js'
import { dropSession, writeSession } from '../session/cookie.js'

/** Pages of this inbox, and of nowhere else. */
const HERE = /^(?:\/[\w.~-]+)*\/?$/

/** Signing in with a key, and out. */
export function signInRoutes(app: Hono, desk: Desk): void {
  const { keys, guarded, origin } = desk.settings
  if (keys === undefined || guarded === undefined) return
  const holderOf = async (secret: string): Promise<Approver | undefined> => approverOf(await keys.find(secret))
  app.get('/sign-in', context =>
    send(context, signInPage(desk.visit(context), { to: pageOf(context.req.query('to')) })),
  )
  app.post('/sign-in', async context => {
    const said = await desk.sent(context)
    const visit = desk.visit(context)
    const to = pageOf(said.get('to') ?? undefined)
    const secret = said.get('key') ?? ''
    if (approverOf(await guarded.find(secret, addressOf(context.env))) === undefined) {
      const problem = 'This is not the key of an approver.'
      return send(context, signInPage(visit, { to, problem }), 401)
    }
    const before = desk.sessionOf(context)
    if (before !== undefined) desk.sessions.end(before)
    // Asked again with every request: a key that is revoked ends its sessions.
    const id = desk.sessions.begin(() => holderOf(secret))
    writeSession(context, origin, id)
    return context.redirect(at(visit, to), 303)
  })
  app.post('/sign-out', async context => {
    const { visit } = await desk.form(context)
    desk.sessions.end(desk.sessionOf(context) ?? '')
    dropSession(context, origin)
    return context.redirect(at(visit, '/sign-in'), 303)
  })
}

function approverOf(principal: Principal | undefined): Approver | undefined {
  if (principal?.role !== 'approver') return undefined
  const { name, tenant } = principal
  return { name, credentials: lineageOf(principal), ...(tenant === undefined ? {} : { tenant }) }
}

function pageOf(to = '/'): string {
  return to !== '' && HERE.test(to) ? to : '/'
}
