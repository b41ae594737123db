import type { HonoRequest } from 'hono'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Route } from '../../../src/service/protocol/route.js'
import { bodyProblems, type Problem, problem, readQuery } from '../../../src/service/protocol/validate.js'

/** What a request says besides its path. */
export interface Input {
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  /** The body as it came. */
  readonly text: string
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i
/** Levels of arrays and objects in a body. */
const MAX_DEPTH = 64
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
  const text = route.body === undefined ? '' : await readText(request, maxBytes)
  const body = parse(request, text)
  const inBody = route.body === undefined ? [] : bodyProblems(body, route.body)
  const isStrict = route.access === 'approver'
  const problems = [...inQuery, ...inBody].filter(({ type }) => isStrict || type !== 'extra_forbidden')
  if (problems.length > 0) throw new Refusal(422, problems satisfies readonly Problem[])
  return { query, body: (body ?? {}) as Input['body'], text }
}

/** What the body holds; an empty one holds nothing. @throws Refusal */
function parse(request: HonoRequest, text: string): unknown {
  if (text === '') return undefined
  if (!JSON_TYPE.test(request.header('content-type') ?? '')) {
    throw new Refusal(422, [
      problem(['body'], 'Send JSON, with content-type application/json', 'model_attributes_type'),
    ])
  }
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new Refusal(422, [problem(['body', 0], 'JSON decode error', 'json_invalid')])
  }
  const flaw = flawOf(body, MAX_DEPTH)
  if (flaw !== undefined) throw new Refusal(422, [problem(['body', ...flaw.at], flaw.what, flaw.type)])
  return body
}

interface Flaw {
  readonly at: (string | number)[]
  readonly what: string
  readonly type: string
}

/** What no shape says of a body: nothing where it is fit to be looked at. */
function flawOf(value: unknown, levels: number): Flaw | undefined {
  if (typeof value === 'number') {
    // JSON has no infinity, but numbers that become one.
    return Number.isFinite(value)
      ? undefined
      : { at: [], what: 'Input should be a finite number', type: 'finite_number' }
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (levels === 0) return { at: [], what: `Nested deeper than ${MAX_DEPTH} levels`, type: 'too_deep' }
  for (const name in value) {
    const flaw = flawOf((value as Readonly<Record<string, unknown>>)[name], levels - 1)
    if (flaw === undefined) continue
    if (flaw.type !== 'too_deep') flaw.at.unshift(Array.isArray(value) ? Number(name) : name)
    return flaw
  }
  return undefined
}

/** Reads no more than is allowed, whatever the length that was announced. @throws Refusal 400, 413 */
async function readText(request: HonoRequest, maxBytes: number): Promise<string> {
  const announced = request.header('content-length')
  if (announced !== undefined && Number(announced) > maxBytes) throw tooLong(maxBytes)
  try {
    return announced === undefined ? await readStream(request.raw.body, maxBytes) : decode(await request.arrayBuffer())
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(400, 'There was an error parsing the body')
  }
}

async function readStream(stream: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<string> {
  if (stream === null) return ''
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    length += chunk.byteLength
    if (length > maxBytes) throw tooLong(maxBytes)
    chunks.push(chunk)
  }
  return decode(await new Blob(chunks as BlobPart[]).arrayBuffer())
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** @throws TypeError for what is no text */
function decode(bytes: ArrayBuffer): string {
  return UTF8.decode(bytes)
}

function tooLong(maxBytes: number): Refusal {
  return new Refusal(413, { code: 'body_too_long', message: `The body is longer than ${maxBytes} bytes` })
}
