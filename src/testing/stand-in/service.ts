import { isUtf8 } from 'node:buffer'
import { Refusal } from '../../service/protocol/refusal.js'
import { sentId } from '../../service/protocol/request-id.js'
import type { Role } from '../../service/protocol/route.js'
import type { Endpoint, Exchange } from './endpoint.js'
import { ENDPOINTS } from './endpoints/index.js'
import { KeyedAnswers } from './idempotency.js'
import type { Reply, StandInRequest } from './recorded.js'
import { createRouter } from '../../service/protocol/router.js'
import { bodyProblems, problem, readQuery } from '../../service/protocol/validate.js'
import type { World } from './world.js'

/** The protocol: what a complete request comes to, before any fault. */
export class Service {
  readonly #world: World
  readonly #route = createRouter(ENDPOINTS)
  readonly #answers = new KeyedAnswers()

  constructor(world: World) {
    this.#world = world
    world.forgetKeys = () => this.#answers.clear()
  }

  /** Never rejects: a request that is refused has a reply too. */
  async reply(request: StandInRequest, bytes: Uint8Array): Promise<Reply> {
    const id = this.#world.id('req')
    const said = { 'x-request-id': sentId(request.headers['x-request-id']) ?? id }
    try {
      const { status, headers, body } = await this.#serve(request, bytes)
      return { status, headers: { ...said, ...headers }, body }
    } catch (error) {
      const { status, detail, headers } =
        error instanceof Refusal ? error : new Refusal(500, `the stand-in failed: ${String(error)}`)
      return { status, headers: { ...said, ...headers }, body: { detail, request_id: id } }
    }
  }

  #serve(request: StandInRequest, bytes: Uint8Array): Reply | Promise<Reply> {
    const found = this.#route(request.method, request.path)
    if (found === undefined) throw new Refusal(404, 'Not Found')
    if ('methods' in found) throw new Refusal(405, 'Method Not Allowed', { allow: found.methods.join(', ') })
    const { endpoint, params } = found
    const { credential, role } = this.#authenticate(request, endpoint)
    const said: Record<string, string> = {}
    const reply = (name: string, value: string): void => {
      said[name] = value
    }
    const exchange = {
      reply,
      ...readInput(request, bytes, endpoint),
      params,
      role,
      world: this.#world,
      headers: request.headers,
    }
    const serve = async (): Promise<Reply> => ({ status: 200, headers: said, body: await answerOf(endpoint, exchange) })
    if (request.method === 'GET') return serve()
    return this.#answers.once(request, credential, serve)
  }

  /** A key goes before a token; a wrong key is not made good by a right token. */
  #authenticate(
    { headers }: StandInRequest,
    { access }: Endpoint,
  ): { readonly credential: string; readonly role: Role } {
    const bearer = /^bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1]
    const credential = headers['x-api-key'] ?? bearer
    const role = credential === undefined ? undefined : this.#world.credentials.get(credential)
    if (access === 'anyone') return { credential: credential ?? '', role: role ?? 'agent' }
    if (credential === undefined)
      throw new Refusal(401, { code: 'missing_credential', message: 'No credential was sent' })
    if (role === undefined)
      throw new Refusal(401, { code: 'invalid_credential', message: 'The credential is not known' })
    if (access === 'approver' && role !== 'approver') {
      throw new Refusal(403, { code: 'forbidden', message: 'An agent may not do this' })
    }
    return { credential, role }
  }
}

async function answerOf({ answer }: Endpoint, exchange: Exchange): Promise<unknown> {
  return typeof answer === 'function' ? await answer(exchange) : answer
}

/** @throws Refusal 400 or 422 for what is not as the endpoint's row says */
function readInput(request: StandInRequest, bytes: Uint8Array, endpoint: Endpoint): Pick<Exchange, 'query' | 'body'> {
  const search = new URLSearchParams(
    Object.entries(request.query).flatMap(([name, value]) => [value].flat().map(item => [name, item])),
  )
  const { query, problems } = readQuery(search, endpoint.query ?? {})
  const wrong = endpoint.body === undefined ? [] : bodyProblems(readBody(request, bytes), endpoint.body)
  if (problems.length + wrong.length > 0) throw new Refusal(422, [...problems, ...wrong])
  return { query, body: endpoint.body === undefined ? {} : ((request.json ?? {}) as Exchange['body']) }
}

/** What the body holds; an empty one holds nothing. @throws Refusal */
function readBody({ json, headers }: StandInRequest, bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(headers['content-type'] ?? '')) {
    throw new Refusal(422, [problem(['body'], 'Input should be a valid dictionary', 'model_attributes_type')])
  }
  if (json !== undefined) return json
  if (!isUtf8(bytes)) throw new Refusal(400, 'There was an error parsing the body')
  throw new Refusal(422, [problem(['body', 0], 'JSON decode error', 'json_invalid')])
}
