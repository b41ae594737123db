import {
  type Approval,
  type GovernanceError,
  type Governor,
  isGovernanceError,
  type LimitUse,
  restore,
  type Scope,
  type ToolCall,
} from 'countersign'
import type { Context } from 'hono'
import { baseRoutePath } from 'hono/route'
import { rowsOf } from './look/rows.js'
import type { Held } from './pages/card.js'
import type { Html } from './pages/html.js'
import type { Visit } from './pages/layout.js'
import type { InboxSettings } from './options.js'
import { EDITION } from './served/edition.js'
import { type Approver, approverOf } from './session/approver.js'
import { readSession, writeSession } from './session/cookie.js'
import { formToken, isFromHere, isSameText, TOKEN_FIELD } from './session/forgery.js'
import { newSessionId, Sessions, sharedSecret } from './session/sessions.js'

/** A visit of somebody who is signed in. */
export type SignedVisit = Visit & { readonly approver: Approver; readonly token: string }

/** Why a request is not answered with its page. */
export class Refused extends Error {
  readonly status: 401 | 403 | 404 | 413 | 429
  /** Seconds after which it is worth another try. */
  readonly retryAfter: string | undefined
  constructor(status: Refused['status'], message: string, retryAfter?: string) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** What every page of an inbox needs: who looks, and what they may see. */
export class Desk {
  readonly settings: InboxSettings
  readonly sessions: Sessions
  readonly #governors = new Map<string, Governor>()
  #shared: string | undefined

  constructor(settings: InboxSettings) {
    this.settings = settings
    const { clock, sessionMs: ttlMs, keys, sessionStore: store } = settings
    this.sessions = new Sessions({ clock, ttlMs, store, holder: async key => approverOf(await keys?.find(key)) })
  }

  /** The governor as a tenant's approver sees it. */
  readonly governorOf = (tenant: string | undefined): Governor => {
    const { governor } = this.settings
    if (tenant === undefined || tenant === governor.scope.tenant) return governor
    if (governor.scope.tenant !== undefined) throw new Refused(403, 'This inbox is that of another tenant.')
    const known = this.#governors.get(tenant)
    if (known !== undefined) return known
    const made = governor.session({ tenant })
    this.#governors.set(tenant, made)
    return made
  }

  /** Whoever looks, signed in or not. */
  visit(context: Context): Visit {
    const { path, clock, keys } = this.settings
    return { base: path ?? mountedAt(context), now: clock.now(), edition: EDITION, signsIn: keys !== undefined }
  }

  /** The page that was asked for, from the inbox's own address on. */
  pageOf(context: Context): string {
    return context.req.path.slice(mountedAt(context).length)
  }

  /** The session's id that came with a request. */
  sessionOf(context: Context): string | undefined {
    return readSession(context, this.settings.origin)
  }

  /** Who is signed in; nobody where nobody is. */
  async approver(context: Context): Promise<Approver | undefined> {
    const { authenticate } = this.settings
    if (authenticate !== undefined) return authenticate(context.req.raw)
    const id = this.sessionOf(context)
    return id === undefined ? undefined : this.sessions.find(id)
  }

  /** A visit of somebody who is signed in. @throws Refused 401 */
  async signed(context: Context): Promise<SignedVisit> {
    const approver = await this.approver(context)
    if (approver === undefined) throw new Refused(401, 'Nobody is signed in.')
    this.governorOf(approver.tenant)
    let id = this.sessionOf(context)
    if (id === undefined) {
      id = newSessionId()
      writeSession(context, this.settings.origin, id)
    }
    return { ...this.visit(context), approver, token: formToken(await this.#formSecret(), id, approver) }
  }

  /** The same in all processes, as far as they can know: a form may be sent to another one than showed it. */
  async #formSecret(): Promise<string> {
    const { secret, showsLinks, sessionStore, clock } = this.settings
    // Links are shown where the secret was given: then all processes have it.
    if (showsLinks || sessionStore === undefined) return secret
    this.#shared ??= await sharedSecret(sessionStore, clock)
    return this.#shared
  }

  /** A form that was sent by a page of this visitor's session. @throws Refused 401, 403 */
  async form(context: Context): Promise<{ readonly visit: SignedVisit; readonly said: URLSearchParams }> {
    const visit = await this.signed(context)
    const said = await this.sent(context)
    if (!isSameText(said.get(TOKEN_FIELD) ?? '', visit.token)) {
      throw new Refused(403, 'This form is not from a page of your session, or too old. Open the page again.')
    }
    return { visit, said }
  }

  /** What a form of a page of this origin says. @throws Refused 403 */
  async sent({ req }: Context): Promise<URLSearchParams> {
    if (!isFromHere(req, this.settings.origin)) {
      throw new Refused(403, 'This form was sent from elsewhere.')
    }
    const type = req.header('content-type') ?? ''
    if (!/^application\/x-www-form-urlencoded\b/i.test(type)) throw new Refused(403, 'This is not a form.')
    return new URLSearchParams(await req.text())
  }

  /** Requests with what they are decided by. What takes long is left to the page of each: of a large input, the limits. */
  held(governor: Governor, approvals: readonly Approval[]): Promise<readonly Held[]> {
    return Promise.all(approvals.map(approval => this.#held(governor, approval, isLarge(approval.call.input))))
  }

  /** One request, as a tenant's approver sees it. @throws Refused 404 */
  async one(tenant: string | undefined, id: string): Promise<Held> {
    const governor = this.governorOf(tenant)
    const approval = await governor.approvals.get(id)
    if (approval === undefined) throw new Refused(404, 'There is no such request.')
    return this.#held(governor, approval)
  }

  async #held(governor: Governor, approval: Approval, isBrief = false): Promise<Held> {
    const decision = await governor.decisions.get(approval.decisionId)
    if (approval.status !== 'pending' || isBrief) return { approval, decision }
    return { approval, decision, limits: await this.#limits(approval) }
  }

  /** Nothing where they cannot be read: they explain, and decide nothing. */
  async #limits(approval: Approval): Promise<readonly LimitUse[]> {
    try {
      return await this.settings.governor.limits(...asked(approval))
    } catch (error) {
      this.settings.onError(error)
      return []
    }
  }
}

/** Whether it takes long to look at an input again. */
function isLarge(input: unknown): boolean {
  const { rows, leftOut } = rowsOf(input)
  return leftOut > 0 || rows.reduce((length, { text }) => length + text.length, 0) > LARGE_CHARS
}

const LARGE_CHARS = 65_536

/** A call as it was asked about, for the governor to look at again. */
export function asked(approval: Approval): [ToolCall, Scope] {
  const { call, actor, domain, user, tenant, sessionId } = approval
  const input = 'edit' in approval && approval.edit !== undefined ? approval.edit.input : call.input
  return [
    { ...call, input: restore(input) },
    { actor, domain, user, tenant, sessionId },
  ]
}

function mountedAt(context: Context): string {
  return baseRoutePath(context).replace(/\/?\*?$/, '')
}

/** Sends a page. */
export async function send(
  context: Context,
  markup: Html,
  status: 200 | 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 503 = 200,
) {
  return context.html(await markup, status)
}

/** What a refusal of the core says to a person, without what the page says already. */
export function whyRefused(error: unknown): { readonly status: 403 | 409 | 422; readonly problem: string } {
  if (!isGovernanceError(error)) throw error
  const status = STATUSES[error.code]
  if (status === undefined) throw error
  const problem = error.message.replace(/^Approval "[^"]*" was not resolved: /, '')
  const text = problem.charAt(0).toUpperCase() + problem.slice(1)
  return { status, problem: text }
}

const STATUSES: Partial<Readonly<Record<GovernanceError['code'], 403 | 409 | 422>>> = {
  'not-permitted': 403,
  'not-pending': 409,
  'not-found': 409,
  blocked: 409,
  'invalid-call': 422,
  'invalid-option': 422,
  'invalid-token': 403,
}
