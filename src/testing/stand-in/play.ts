import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../ambient.js'
import type { Awaitable } from '../../types.js'
import { type Delay, delay } from './delay.js'
import type { Fault } from './fault.js'
import type { Reply } from './recorded.js'
import { rawReply, send, sendText, serialised, whenOver } from './send.js'
import { slowly } from './slowly.js'

/** What a fault is played on. */
export interface Stage {
  readonly response: ServerResponse
  readonly socket: Socket
  readonly clock: Clock
  /** Serves the request: as long as nobody calls it, nothing has happened. */
  readonly reply: () => Promise<Reply>
  /** An answer that some other request was given. */
  readonly another: () => unknown
}

type Players = {
  readonly [KIND in Fault['kind']]: (stage: Stage, fault: Extract<Fault, { kind: KIND }>) => Awaitable<void>
}

/** Answers a request as a fault has it. */
export async function play(stage: Stage, fault: Fault): Promise<void> {
  const player = PLAYERS[fault.kind] as (stage: Stage, fault: Fault) => Awaitable<void>
  await player(stage, fault)
}

const MEBIBYTE = 1024 * 1024
const UNSERVED: Reply = { status: 500, headers: {}, body: undefined }

const PLAYERS: Players = {
  latency: ({ response, clock, reply }, { ms }) => late(response, reply, () => delay(clock, ms)),
  hold: ({ response, reply }, { until }) =>
    late(response, reply, () => ({ over: Promise.resolve(until), cancel: () => undefined })),
  status: ({ response }, { status, body, headers = {} }) => {
    send(response, {
      status,
      headers,
      body: body ?? { detail: `status ${status}, as scripted`, request_id: 'req_scripted' },
    })
  },
  redirect: ({ response }, { to, status = 307 }) => {
    send(response, { status, headers: { location: to }, body: undefined })
  },
  reset: (stage, { at }) => reset(stage, at),
  garbage: async ({ response, reply }) => {
    sendText(response, await reply(), '{"allowed": true, "recommendation": proceed, \u0000')
  },
  truncated: async ({ response, socket, reply }, { length }) => {
    const right = await reply()
    const half = halfOf(serialised(right))
    if (length === 'right') return sendText(response, right, half)
    socket.end(rawReply(right).head + half)
  },
  json: ({ response, reply }, { body }) =>
    replaced(response, reply, answer =>
      typeof body === 'function' ? (body as (answer: unknown) => unknown)(answer) : body,
    ),
  html: async ({ response, reply }, { status = 200 }) => {
    const page = '<!doctype html><title>502 Bad Gateway</title><h1>Bad Gateway</h1>'
    sendText(response, { ...(await reply()), status }, page, 'text/html')
  },
  empty: async ({ response, reply }, { status = 200 }) => {
    sendText(response, { ...(await reply()), status }, '')
  },
  huge: async ({ response, reply }, { bytes = 9 * MEBIBYTE }) => {
    const right = await reply()
    response.writeHead(right.status, { 'content-type': 'application/json', ...right.headers })
    for (let left = Math.min(bytes, 64 * MEBIBYTE); left > 0 && !response.closed; left -= MEBIBYTE) {
      if (!response.write(' '.repeat(Math.min(left, MEBIBYTE)))) await drained(response)
    }
    response.end(serialised(right))
  },
  twice: async ({ response, socket, reply }, { second }) => {
    const right = await reply()
    const { head, body } = rawReply(second === undefined ? right : { ...right, body: second })
    response.once('finish', () => socket.write(head + body))
    send(response, right)
  },
  batch: ({ response, reply }, { answers }) =>
    replaced(response, reply, body => (Array.isArray(body) ? REARRANGED[answers](body) : body)),
  drip: (stage, fault) => slowly(stage, fault),
  'wrong-request': ({ response, reply, another }) =>
    replaced(response, reply, body => (Array.isArray(body) ? body.map(another) : another())),
  informational: async ({ response, reply }, { status = 103, count = 1 }) => {
    for (let sent = 0; sent < Math.min(count, 100); sent++) announce(response, status)
    send(response, await reply())
  },
}

/** Every kind of fault. */
export const KINDS: readonly string[] = Object.keys(PLAYERS)

const REARRANGED: Readonly<
  Record<Extract<Fault, { kind: 'batch' }>['answers'], (answers: readonly unknown[]) => readonly unknown[]>
> = {
  'too-many': answers => [...answers, answers.at(-1)],
  'too-few': answers => answers.slice(0, -1),
  repeated: answers => answers.map(() => answers[0]),
  reversed: answers => answers.toReversed(),
}

async function replaced(
  response: ServerResponse,
  reply: () => Promise<Reply>,
  body: (answer: unknown) => unknown,
): Promise<void> {
  const right = await reply()
  send(response, { ...right, body: body(right.body) })
}

/** The request is served at once; its answer waits, unless nobody is there any more. */
async function late(response: ServerResponse, reply: () => Promise<Reply>, wait: () => Delay): Promise<void> {
  const right = await reply()
  const { over, cancel } = wait()
  await Promise.race([over, whenOver(response)])
  cancel()
  if (!response.closed) send(response, right)
}

async function reset({ socket, reply }: Stage, at: Extract<Fault, { kind: 'reset' }>['at']): Promise<void> {
  const { head, body } = rawReply(at === 'request' ? UNSERVED : await reply())
  const sent = { request: '', answer: '', headers: head.slice(0, 40), body: head + halfOf(body) }[at]
  if (sent === '') {
    socket.resetAndDestroy()
    return
  }
  // A reset would take what the other side has not read yet with it: once something was sent, the connection just ends.
  socket.write(sent, () => socket.destroy())
}

function announce(response: ServerResponse, status: 100 | 102 | 103): void {
  if (status === 100) response.writeContinue()
  else if (status === 102) response.writeProcessing()
  else response.writeEarlyHints({ link: '</style.css>; rel=preload' })
}

function drained(response: ServerResponse): Promise<unknown> {
  return Promise.race([new Promise(resolve => response.once('drain', resolve)), whenOver(response)])
}

function halfOf(text: string): string {
  return text.slice(0, Math.floor(text.length / 2))
}
