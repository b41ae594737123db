import { isGovernanceError } from 'countersign'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import { Desk, Refused, send } from './desk.js'
import { securityHeaders } from './http-headers.js'
import { Hub } from './live/hub.js'
import { Seats } from './live/seats.js'
import { eventStream } from './live/stream.js'
import { type InboxOptions, inboxSettings } from './options.js'
import { at } from './pages/layout.js'
import { problemPage } from './pages/sign-in.js'
import { approvalRoutes } from './routes/approvals.js'
import { controlRoutes } from './routes/controls.js'
import { insightRoutes } from './routes/insight.js'
import { signInRoutes } from './routes/sign-in.js'
import { EDITION } from './served/edition.js'
import { SCRIPT } from './served/script.js'
import { STYLE } from './served/style.js'

const MOST_BYTES = 1024 * 1024
const A_YEAR = 'public, max-age=31536000, immutable'

/**
 * The page where people answer what is held: cards, decisions, calibration, autonomy, kill switch, audit. Mount it where you
 * like: `app.route('/inbox', createInbox({ governor, signIn }))`.
 *
 * @throws GovernanceError `invalid-option`
 */
export function createInbox(options: InboxOptions): Hono {
  const settings = inboxSettings(options)
  const desk = new Desk(settings)
  const { governor, clock, watch, pollMs, onError } = settings
  const hub = new Hub({ governor, governorOf: desk.governorOf, clock, watch, pollMs, onError })
  const seats = new Seats()
  const app = new Hono()
  app.use(securityHeaders)
  app.use(
    bodyLimit({
      maxSize: MOST_BYTES,
      onError: () => {
        throw new Refused(413, 'This form is too long.')
      },
    }),
  )
  app.get(`/served/style-${EDITION}.css`, () => kept(STYLE, 'text/css'))
  app.get(`/served/script-${EDITION}.js`, () => kept(SCRIPT, 'text/javascript'))
  app.get('/events', async context => {
    const { approver, token } = await desk.signed(context)
    const { name, tenant, credentials = [] } = approver
    const holder = JSON.stringify([tenant, credentials[0] ?? name])
    const left = seats.take({ session: token, holder, tenant })
    if (left === undefined) throw new Refused(429, 'Too many pages of yours are open. Close some of them.', '60')
    const mayListen = async (): Promise<boolean> => {
      const now = await desk.approver(context)
      return now?.name === name && now.tenant === tenant
    }
    return eventStream({ hub, clock, tenant, mayListen, left })
  })
  for (const routes of [signInRoutes, approvalRoutes, insightRoutes, controlRoutes]) routes(app, desk)
  app.all('*', context => send(context, problemPage(desk.visit(context), 'Not found', 'There is no such page.'), 404))
  app.onError((error, context) => failed(desk, error, context))
  return app
}

/** What somebody sees of an error: what they can do about it, and nothing of the inside. */
function failed(desk: Desk, thrown: Error, context: Context): Response | Promise<Response> {
  const error = thrown instanceof Refusal ? refusedBy(thrown) : thrown
  const visit = desk.visit(context)
  if (error instanceof Refused) {
    const isSent = context.req.method === 'GET' && error.status === 401 && visit.signsIn
    const isPage = !(context.req.header('accept') ?? '').includes('text/event-stream')
    if (isSent && isPage)
      return context.redirect(`${at(visit, '/sign-in')}?to=${encodeURIComponent(desk.pageOf(context))}`, 303)
    const title = { 401: 'Not signed in', 403: 'Not allowed', 404: 'Not found', 413: 'Too long', 429: 'Too many' }[
      error.status
    ]
    if (error.retryAfter !== undefined) context.header('retry-after', error.retryAfter)
    return send(context, problemPage(visit, title, error.message), error.status)
  }
  desk.settings.onError(error)
  const isStore = isGovernanceError(error, 'store-failed') || isGovernanceError(error, 'closed')
  const text = 'Something failed inside; nothing more is known here. Try again, and see the log of the server.'
  return send(context, problemPage(visit, 'It failed', text), isStore ? 503 : 500)
}

/** What the part that both this and the wire API use says no to. */
function refusedBy({ headers }: Refusal): Refused {
  const text = 'Too many wrong keys came from where you are. Try again later.'
  return new Refused(429, text, headers?.['retry-after'])
}

/** Texts that are found under a name that changes with them. */
function kept(text: string, type: string): Response {
  return new Response(text, { headers: { 'content-type': `${type}; charset=utf-8`, 'cache-control': A_YEAR } })
}
