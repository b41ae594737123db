import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** Where recorded provider streams lie: beside the repository, never in it. */
const FIXTURES = fileURLToPath(new URL('../../../shared/fixtures/', import.meta.url))

/** Whether the recorded streams are there; tests of them skip where they are not, and say so in their title. */
export const hasFixtures = existsSync(FIXTURES)

/** Part of the title of a suite that needs the recorded streams. */
export const NEEDS_FIXTURES = 'needs ../shared/fixtures'

/** One answer of the server. */
export type ReplayStep = StreamStep | JsonStep

/** Server-sent events, each frame as it goes over the wire. */
export interface StreamStep {
  readonly frames: readonly string[]
  readonly cut?: Cut
}

interface JsonStep {
  readonly body: unknown
  /** @defaultValue 200 */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** The connection breaks in the middle of a stream. */
interface Cut {
  /** Frames sent before it. */
  readonly after: number
  /** Waited for before the connection breaks, so that a test can let its client read what came first. */
  readonly when?: PromiseLike<unknown>
}

/** What a client sent. */
interface ReplayedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** Parsed JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies whose shapes belong to providers
  readonly body: any
}

export interface ReplayServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** In the order they came. */
  readonly requests: readonly ReplayedRequest[]
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Path suffixes (`/responses`, `/chat/completions`) to the answers given on them, in order. */
export type ReplayRoutes = Readonly<Record<string, readonly ReplayStep[]>>

/**
 * Answers on loopback with recorded or written provider responses, so that unmodified clients run against them.
 * A request beyond the last step of its route, or to no route, is answered with status 400, which no client retries.
 */
export async function replayServer(routes: ReplayRoutes): Promise<ReplayServer> {
  const requests: ReplayedRequest[] = []
  const remaining = new Map(Object.entries(routes).map(([suffix, steps]) => [suffix, [...steps]]))
  const server = createServer((request, response) => {
    answer(request, response, requests, remaining).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests, close, [Symbol.asyncDispose]: close }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  requests: ReplayedRequest[],
  remaining: Map<string, ReplayStep[]>,
): Promise<void> {
  const { pathname: path } = new URL(request.url ?? '/', 'http://localhost')
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  requests.push({
    method: request.method ?? '',
    path,
    headers: request.headers,
    body: text === '' ? undefined : JSON.parse(text),
  })
  const suffix = [...remaining.keys()].find(key => path.endsWith(key))
  const step = suffix === undefined ? undefined : remaining.get(suffix)?.shift()
  if (step === undefined)
    return sendJson(response, failure(`nothing is recorded for request ${requests.length}, ${path}`))
  return 'frames' in step ? sendStream(response, step) : sendJson(response, step)
}

function failure(message: string): JsonStep {
  return { status: 400, body: { error: { message, type: 'replay', param: null, code: null } } }
}

function sendJson(response: ServerResponse, { body, status = 200, headers }: JsonStep): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** Each frame is handed to the socket before the next is written, so that a cut falls exactly between two. */
async function sendStream(response: ServerResponse, { frames, cut }: StreamStep): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const frame of frames.slice(0, cut?.after)) {
    if (response.destroyed) return
    await new Promise<void>(resolve => response.write(frame, () => resolve()))
  }
  if (cut === undefined) {
    response.end()
    return
  }
  await cut.when
  response.destroy()
}

/**
 * The answers in a recorded file, named relative to the fixtures folder. A `.chunks.txt` that holds several responses
 * is split where a response begins (`response.created`); a `.json` is one body.
 */
export function recorded(path: string): readonly ReplayStep[] {
  const text = readFileSync(FIXTURES + path, 'utf8')
  if (path.endsWith('.json')) return [{ body: JSON.parse(text) as unknown }]
  if (path.endsWith('.sse')) return [{ frames: text.split(/(?<=\n\n)/).filter(frame => frame.trim() !== '') }]
  const responses: string[][] = []
  for (const line of text.split('\n').filter(line => line.trim() !== '')) {
    if (responses.length === 0 || typeOf(line) === 'response.created') responses.push([])
    responses.at(-1)?.push(line)
  }
  return responses.map(lines => ({ frames: [...lines.map(frameOf), DONE] }))
}

/** A streamed answer written in the test: provider events, in order. */
export function streamed(events: readonly object[]): StreamStep {
  return { frames: [...events.map(event => frameOf(JSON.stringify(event))), DONE] }
}

/** The same stream, broken after its first frames. */
export function cutAfter(step: ReplayStep | undefined, after: number, when?: PromiseLike<unknown>): StreamStep {
  if (step === undefined || !('frames' in step)) throw new TypeError('only a stream can be cut')
  return { frames: step.frames, cut: when === undefined ? { after } : { after, when } }
}

/** Position of the frame after the first one of an event type: what to cut after, to have just sent it. */
export function through(step: ReplayStep | undefined, type: string): number {
  if (step === undefined || !('frames' in step)) throw new TypeError('only a stream has frames')
  const index = step.frames.findIndex(frame => frame.startsWith(`event: ${type}\n`))
  if (index === -1) throw new RangeError(`the stream has no ${type}`)
  return index + 1
}

const DONE = 'data: [DONE]\n\n'

function frameOf(line: string): string {
  const type = typeOf(line)
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${line}\n\n`
}

/** The event's name; nothing for chat completions, and for the fixture that holds broken JSON on purpose. */
function typeOf(line: string): string | undefined {
  try {
    const { type } = JSON.parse(line) as { type?: unknown }
    return typeof type === 'string' ? type : undefined
  } catch {
    return undefined
  }
}
