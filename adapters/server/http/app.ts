import { isGovernanceError } from 'countersign'
import { type Context, Hono } from 'hono'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Endpoint, Exchange } from '../endpoint.js'
import { authenticate } from '../auth/authenticate.js'
import type { Keys } from '../auth/principal.js'
import type { Service } from '../service.js'
import { inOrder, pathOf } from './paths.js'
import { readInput } from './read-input.js'
import { refusalOf } from './refusal-of.js'

/** What the app needs. */
export interface AppParts {
  readonly endpoints: readonly Endpoint[]
  readonly keys: Keys
  /** What answers the requests of one tenant. */
  readonly serviceOf: (tenant: string | undefined) => Service
  readonly maxBodyBytes: number
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

async function serve(parts: AppParts, endpoint: Endpoint, { req }: Context): Promise<unknown> {
  const header = (name: string): string | undefined => req.header(name)
  const principal = await authenticate(parts.keys, header, endpoint)
  const { query, body } = await readInput(req, endpoint, parts.maxBodyBytes)
  const service = parts.serviceOf(principal?.tenant)
  const exchange: Exchange = { service, principal, params: req.param(), query, body, header }
  return endpoint.answer(exchange)
}

/** Every request has an answer, and every answer an id to ask about it. */
async function respond(parts: AppParts, context: Context, answer: () => unknown): Promise<Response> {
  const id = parts.requestId()
  context.header('x-request-id', id)
  try {
    return context.json((await answer()) as object)
  } catch (error) {
    if (!(error instanceof Refusal) && !isGovernanceError(error)) parts.onError(error)
    const { status, detail, headers } = refusalOf(error)
    for (const [name, value] of Object.entries(headers)) context.header(name, value)
    return context.json({ detail, request_id: id }, status as 400)
  }
}
