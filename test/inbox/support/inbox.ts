import { createGovernor, type GovernorOptions, memoryStore } from 'countersign'
import { createInbox, type InboxOptions } from 'countersign/server'
import { fakeClock } from 'countersign/testing'
import { Hono } from 'hono'

export const SECRET = 'a secret of thirty-two characters'
export const ORIGIN = 'http://localhost'

export const KEYS = [
  { key: 'long-key-of-dana', role: 'approver', name: 'dana' },
  { key: 'long-key-of-erin', role: 'approver', name: 'erin' },
  { key: 'long-key-of-acme', role: 'approver', name: 'ann', tenant: 'acme' },
  { key: 'long-key-of-beta', role: 'approver', name: 'bob', tenant: 'beta' },
  { key: 'long-key-of-agent', role: 'agent', name: 'agent' },
] as const

/** An inbox at /inbox, the governor behind it, and a clock that stands still. */
export function startInbox(options: GovernorOptions = {}, inbox: Partial<InboxOptions> = {}) {
  const clock = fakeClock()
  const store = memoryStore()
  const governor = createGovernor({ store, clock, unlisted: 'require_approval', ...options })
  const errors: unknown[] = []
  const app = new Hono()
  const onError = (error: unknown) => void errors.push(error)
  app.route('/inbox', createInbox({ governor, signIn: { keys: KEYS }, secret: SECRET, clock, onError, ...inbox }))
  return { app, governor, clock, store, errors }
}

/** A browser without a window: it keeps cookies, and says where its forms come from. */
export class Browser {
  readonly #app: Hono
  readonly #origin: string
  #cookie = ''

  constructor(app: Hono, origin = ORIGIN) {
    this.#app = app
    this.#origin = origin
  }

  get cookie(): string {
    return this.#cookie
  }

  /** Has the cookie of another one. */
  take(cookie: string): void {
    this.#cookie = cookie
  }

  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('host', new URL(this.#origin).host)
    if (this.#cookie !== '') headers.set('cookie', this.#cookie)
    const answer = await this.#app.request(`${this.#origin}${path}`, { ...init, headers })
    const set = answer.headers.get('set-cookie')
    if (set !== null) this.#cookie = set.split(';')[0] ?? ''
    return answer
  }

  async read(path: string): Promise<string> {
    return (await this.send(path)).text()
  }

  post(path: string, fields: Readonly<Record<string, string>> | URLSearchParams, headers = {}): Promise<Response> {
    const body = new URLSearchParams(fields).toString()
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: this.#origin }
    return this.send(path, { method: 'POST', body, headers: { ...form, ...headers } })
  }

  /** Signs in, and keeps the session. */
  async signIn(key: string): Promise<this> {
    await this.post('/inbox/sign-in', { key })
    return this
  }

  /** The hidden fields of the form that is sent to a path, as they stand on a page. */
  async fields(page: string, action: string): Promise<Record<string, string>> {
    const text = await this.read(page)
    const form = text.split('<form').find(part => part.includes(`action="${action}"`)) ?? ''
    const [inside = ''] = form.split('</form>')
    return Object.fromEntries(
      [...inside.matchAll(/<input[^>]*type="hidden"[^>]*name="([^"]*)"[^>]*value="([^"]*)"/g)].map(
        ([, name = '', value = '']) => [name, value.replaceAll('&quot;', '"').replaceAll('&amp;', '&')],
      ),
    )
  }
}
