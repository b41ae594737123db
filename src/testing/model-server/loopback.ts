import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonStep, ReplayStep, StreamStep } from './step.js'

/** What a client sent. */
export interface ModelRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** Parsed JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies whose shapes belong to providers
  readonly body: any
}

/** A provider on loopback. */
export interface ModelServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** In the order they came. */
  readonly requests: readonly ModelRequest[]
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** The answer to a request; a request without one is answered with status 400, which no client retries. */
export type AnswerTo = (request: ModelRequest) => ReplayStep | undefined

/** Serves answers on a free port of loopback, and records what is asked. */
export async function loopback(answerTo: AnswerTo): Promise<ModelServer> {
  const requests: ModelRequest[] = []
  const server = createServer((request, response) => {
    answer(request, response, requests, answerTo).catch((error: unknown) => response.destroy(error as Error))
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
  requests: ModelRequest[],
  answerTo: AnswerTo,
): Promise<void> {
  const { pathname: path } = new URL(request.url ?? '/', 'http://localhost')
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  const recorded = { method: request.method ?? '', path, headers: request.headers, body }
  requests.push(recorded)
  const step = answerTo(recorded) ?? failure(`there is no answer to request ${requests.length}, ${path}`)
  return 'frames' in step ? sendStream(response, step) : sendJson(response, step)
}

function failure(message: string): JsonStep {
  return { status: 400, body: { error: { message, type: 'replay', param: null, code: null } } }
}

async function sendJson(response: ServerResponse, { body, status = 200, headers, delayMs }: JsonStep): Promise<void> {
  await pause(delayMs)
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** Each frame is handed to the socket before the next is written, so that a cut falls exactly between two. */
async function sendStream(response: ServerResponse, { frames, cut, delayMs }: StreamStep): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  for (const frame of frames.slice(0, cut?.after)) {
    await pause(delayMs)
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

async function pause(ms = 0): Promise<void> {
  if (ms > 0) await new Promise(resolve => setTimeout(resolve, ms))
}
