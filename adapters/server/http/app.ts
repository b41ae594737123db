import { isGovernanceError } from 'countersign'
import { type Context, Hono } from 'hono'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import { createRouter } from '../../../src/service/protocol/router.js'
import { sentId } from '../../../src/service/protocol/request-id.js'
import type { Endpoint, Exchange } from '../endpoint.js'
import { authenticate } from '../auth/authenticate.js'
import type { GuardedKeys } from '../auth/guarded-keys.js'
import type { Principal } from '../auth/principal.js'
import { knowsRepeats, once } from '../idempotency/once.js'
import { repeatOf } from '../idempotency/repeat.js'
import { openApiOf } from '../openapi/document.js'
import type { Service } from '../service.js'
import { addressOf } from './address.js'
import type { FailedRequest } from './failed-request.js'
import { inOrder, pathOf } from './paths.js'
import type { Rates } from './rates.js'
import { readInput } from './read-input.js'
import { refusalOf } from './refusal-of.js'

/** What the app needs. */
export interface AppParts {
  readonly endpoints: readonly Endpoint[]
  readonly keys: GuardedKeys
  /** What answers the requests of one tenant, as an agent or an approver sees it. */
  readonly serviceOf: (principal: Principal | undefined) => Service
  readonly maxBodyBytes: number
  /** How often each credential may ask. */
  readonly rates: Rates
  /** A new id of a request. */
  readonly requestId: () => string
  /** Hears of what went wrong inside; nothing of it is told to clients. */
  readonly onError: (error: unknown, request: FailedRequest) => void
}

/** The wire API over HTTP: one way for every endpoint. */
export function createApp(parts: AppParts): Hono {
  const app = new Hono()
  for (const endpoint of inOrder(parts.endpoints)) {
    const [method = '', path = ''] = endpoint.route.split(' ')
    app.on(method, pathOf(path), context => respond(parts, context, said => serve(parts, endpoint, context, said)))
  }
  let document: unknown
  app.get('/openapi.json', context =>
    respond(parts, context, () => {
      document ??= openApiOf(parts.endpoints)
      return document
    }),
  )
  let ways: ReturnType<typeof createRouter<Endpoint>> | undefined
  app.notFound(context =>
    respond(parts, context, () => {
      ways ??= createRouter(parts.endpoints)
      const found = ways(context.req.method, context.req.path)
      if (found !== undefined && 'methods' in found) {
        const message = `${context.req.path} is asked with ${found.methods.join(' or ')}`
        throw new Refusal(405, { code: 'method_not_allowed', message }, { allow: found.methods.join(', ') })
      }
      throw new Refusal(404, { code: 'not_found', message: `There is no ${context.req.method} ${context.req.path}` })
    }),
  )
  return app
}

async function serve(parts: AppParts, endpoint: Endpoint, { req, env }: Context, said: Said): Promise<unknown> {
  const header = (name: string): string | undefined => req.header(name)
  const address = addressOf(env)
  const principal = await authenticate(parts.keys, { header, address }, endpoint)
  parts.rates.count(principal ?? anybody(address))
  const { query, body, text } = await readInput(req, endpoint, parts.maxBodyBytes)
  const service = parts.serviceOf(principal)
  const repeat = repeatOf(endpoint, principal, header('idempotency-key'), { path: req.path, url: req.url, text })
  const reply = (name: string, value: string): void => {
    said[name] = value
  }
  const exchange: Exchange = {
    service,
    principal,
    params: hasOpen(endpoint) ? req.param() : NONE,
    query,
    body,
    header,
    address,
    repeat,
    reply,
  }
  return repeat === undefined || knowsRepeats(endpoint) ? endpoint.answer(exchange) : once(endpoint, exchange, repeat)
}

/** Requests that whoever needs no credential may make in a minute from one address. */
const ANONYMOUS_PER_MINUTE = 600

function anybody(address: string | undefined): { readonly id: string; readonly maxRequestsPerMinute: number } {
  return { id: `from ${address}`, maxRequestsPerMinute: ANONYMOUS_PER_MINUTE }
}

const NONE = {}

/** Whether a path leaves a segment open. */
function hasOpen({ route }: Endpoint): boolean {
  return route.includes('{')
}

/** Headers of an answer, as they are collected. */
type Said = Record<string, string>

/** Every request has an answer, and every answer an id to ask about it: the client's, if it sent one. */
async function respond(parts: AppParts, { req }: Context, answer: (said: Said) => unknown): Promise<Response> {
  const id = parts.requestId()
  const sent = sentId(req.header('x-request-id'))
  // A plain object: what Node's server writes without a detour by `Headers`.
  const said: Said = { 'content-type': 'application/json', 'x-request-id': sent ?? id }
  try {
    return new Response(JSON.stringify(await answer(said)), { headers: said })
  } catch (error) {
    if (isUnexpected(error)) parts.onError(error, { id, ...(sent !== undefined && { sent }) })
    const { status, detail, headers } = refusalOf(error)
    const body = JSON.stringify({ detail, request_id: id })
    return new Response(body, { status, headers: { ...said, ...headers } })
  }
}

/** What is no refusal of ours is told to whoever runs the service. */
function isUnexpected(error: unknown): boolean {
  return !(error instanceof Refusal) && (!isGovernanceError(error) || error.code === 'store-failed')
}
