import type { HonoRequest } from 'hono'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Route } from '../../../src/service/protocol/route.js'
import { bodyProblems, type Problem, problem, readQuery } from '../../../src/service/protocol/validate.js'

/** What a request says besides its path. */
export interface Input {
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i
const NO_PARAMETERS = new URLSearchParams()

/**
 * Reads and checks a request. Fields that nobody documented are let through, as clients of other versions send more; where
 * something is changed for good, they are refused: a slip in the name of a limit must not mean no limit.
 *
 * @throws Refusal 400 or 422, with the place of everything that is wrong; 413 for a body that is too long
 */
export async function readInput(request: HonoRequest, route: Route, maxBytes: number): Promise<Input> {
  const { url } = request.raw
  const at = url.indexOf('?')
  const search = at < 0 ? NO_PARAMETERS : new URLSearchParams(url.slice(at + 1))
  const { query, problems: inQuery } = readQuery(search, route.query ?? {})
  const body = route.body === undefined ? undefined : await readBody(request, maxBytes)
  const inBody = route.body === undefined ? [] : bodyProblems(body, route.body)
  const isStrict = route.access === 'approver'
  const problems = [...inQuery, ...inBody].filter(({ type }) => isStrict || type !== 'extra_forbidden')
  if (problems.length > 0) throw new Refusal(422, problems satisfies readonly Problem[])
  return { query, body: (body ?? {}) as Input['body'] }
}

/** What the body holds; an empty one holds nothing. @throws Refusal */
async function readBody(request: HonoRequest, maxBytes: number): Promise<unknown> {
  const length = Number(request.header('content-length') ?? 0)
  if (length > maxBytes) throw tooLong(maxBytes)
  const text = await request.text()
  if (text === '') return undefined
  if (text.length > maxBytes) throw tooLong(maxBytes)
  if (!JSON_TYPE.test(request.header('content-type') ?? '')) {
    throw new Refusal(422, [
      problem(['body'], 'Send JSON, with content-type application/json', 'model_attributes_type'),
    ])
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new Refusal(422, [problem(['body', 0], 'JSON decode error', 'json_invalid')])
  }
}

function tooLong(maxBytes: number): Refusal {
  return new Refusal(413, { code: 'body_too_long', message: `The body is longer than ${maxBytes} bytes` })
}
