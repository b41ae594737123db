import type { Hono } from 'hono'
import { addressOf } from '../../http/address.js'
import { type Desk, send } from '../desk.js'
import { at } from '../pages/layout.js'
import { signInPage } from '../pages/sign-in.js'
import { approverOf } from '../session/approver.js'
import { dropSession, writeSession } from '../session/cookie.js'

/** Pages of this inbox, and of nowhere else. */
const HERE = /^(?:\/[\w.~-]+)*\/?$/

/** Signing in with a key, and out. */
export function signInRoutes(app: Hono, desk: Desk): void {
  const { guarded, origin } = desk.settings
  if (guarded === undefined) return
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
    if (before !== undefined) await desk.sessions.end(before)
    writeSession(context, origin, await desk.sessions.begin(secret))
    return context.redirect(at(visit, to), 303)
  })
  app.post('/sign-out', async context => {
    const { visit } = await desk.form(context)
    await desk.sessions.end(desk.sessionOf(context) ?? '')
    dropSession(context, origin)
    return context.redirect(at(visit, '/sign-in'), 303)
  })
}

function pageOf(to = '/'): string {
  return to !== '' && HERE.test(to) ? to : '/'
}
