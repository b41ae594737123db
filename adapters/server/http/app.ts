import { isGovernanceError } from 'countersign'
import { type Context, Hono } from 'hono'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Endpoint, Exchange } from '../endpoint.js'
import { authenticate } from '../auth/authenticate.js'
import type { Keys } from '../auth/principal.js'
import { knowsRepeats, once } from '../idempotency/once.js'
import { repeatOf } from '../idempotency/repeat.js'
import type { Service } from '../service.js'
import { inOrder, pathOf } from './paths.js'
import type { Rates } from './rates.js'
import { readInput } from './read-input.js'
import { refusalOf } from './refusal-of.js'

/** What the app needs. */
export interface AppParts {
  readonly endpoints: readonly Endpoint[]
  readonly keys: Keys
  /** What answers the requests of one tenant. */
  readonly serviceOf: (tenant: string | undefined) => Service
  readonly maxBodyBytes: number
  /** How often each credential may ask. */
  readonly rates: Rates
  /** A new id of a request. */
  readonly requestId: () => string
  /** Hears of what went wrong inside; nothing of it is told to clients. */
  readonly onError: (error: unknown) => void
}

/** The wire API over HTTP: one way for every endpoint. */
export function createApp(parts: AppParts): Hono {
  const app = new Hono()
  for (const endpoint of inOrder(parts.endpoints)) {
    const [method = '', path = ''] = endpoint.route.split(' ')
    app.on(method, pathOf(path), context => respond(parts, context, () => serve(parts, endpoint, context)))
  }
  app.notFound(context =>
    respond(parts, context, () => {
      throw new Refusal(404, { code: 'not_found', message: `There is no ${context.req.method} ${context.req.path}` })
    }),
  )
  return app
}

async function serve(parts: AppParts, endpoint: Endpoint, context: Context): Promise<unknown> {
  const { req } = context
  const header = (name: string): string | undefined => req.header(name)
  const principal = await authenticate(parts.keys, { header, address: addressOf(context.env) }, endpoint)
  if (principal !== undefined) parts.rates.count(principal)
  const { query, body, text } = await readInput(req, endpoint, parts.maxBodyBytes)
  const service = parts.serviceOf(principal?.tenant)
  const repeat = repeatOf(endpoint, principal, header('idempotency-key'), { path: req.path, url: req.url, text })
  const reply = (name: string, value: string): void => context.header(name, value)
  const exchange: Exchange = { service, principal, params: req.param(), query, body, header, repeat, reply }
  return repeat === undefined || knowsRepeats(endpoint) ? endpoint.answer(exchange) : once(endpoint, exchange, repeat)
}

/** Where a request comes from, as `@hono/node-server` tells it. Headers are not believed: whoever asks writes them. */
function addressOf(env: unknown): string | undefined {
  const { incoming } = (env ?? {}) as { readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } } }
  return incoming?.socket?.remoteAddress
}

/** Every request has an answer, and every answer an id to ask about it. */
async function respond(parts: AppParts, context: Context, answer: () => unknown): Promise<Response> {
  const id = parts.requestId()
  context.header('x-request-id', id)
  try {
    return context.json((await answer()) as object)
  } catch (error) {
    if (isUnexpected(error)) parts.onError(error)
    const { status, detail, headers } = refusalOf(error)
    for (const [name, value] of Object.entries(headers)) context.header(name, value)
    return context.json({ detail, request_id: id }, status as 400)
  }
}

/** What is no refusal of ours is told to whoever runs the service. */
function isUnexpected(error: unknown): boolean {
  return !(error instanceof Refusal) && (!isGovernanceError(error) || error.code === 'store-failed')
}
