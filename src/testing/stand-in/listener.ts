import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { FaultQueue } from './fault.js'
import { play, type Stage } from './play.js'
import { recordedQuery, type StandInRequest } from './recorded.js'
import { send } from './send.js'
import type { Service } from './service.js'
import { isRecord } from '../../service/protocol/validate.js'
import { PROCEED } from './wire.js'
import type { World } from './world.js'

/** Bytes of a request beyond which it is refused. */
const MAX_REQUEST = 16 * 1024 * 1024
/** Milliseconds an idle connection is kept: longer than a test takes. */
const KEEP_ALIVE = 120_000

/** The HTTP server under a stand-in: records what comes, and answers it rightly or as a fault has it. */
export class Listener {
  readonly requests: StandInRequest[] = []
  readonly #service: Service
  readonly #world: World
  readonly #faults: FaultQueue
  readonly #server: Server
  readonly #sockets = new Map<Socket, number>()
  #port = 0
  #connections = 0

  constructor(service: Service, world: World, faults: FaultQueue) {
    this.#service = service
    this.#world = world
    this.#faults = faults
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
      // A connection that breaks is the client's to notice.
      this.#receive(request, response).catch(() => response.destroy())
    })
    this.#server.on('connection', socket => this.#admit(socket))
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Connections accepted so far. */
  get connections(): number {
    return this.#connections
  }

  get openConnections(): number {
    return this.#sockets.size
  }

  /** Listens, on the port it had before if it had one. */
  up(): Promise<void> {
    if (this.#server.listening) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        this.#port = (this.#server.address() as AddressInfo).port
        resolve()
      })
    })
  }

  /** Ends every connection and listens no more. */
  down(): Promise<void> {
    const closed = this.#server.listening
      ? new Promise<void>(resolve => this.#server.close(() => resolve()))
      : Promise.resolve()
    for (const socket of this.#sockets.keys()) socket.destroy()
    return closed
  }

  /** {@link down}, with the faults that were still to come. */
  close(): Promise<void> {
    this.#faults.clear()
    return this.down()
  }

  #admit(socket: Socket): void {
    this.#connections++
    this.#sockets.set(socket, this.#connections)
    socket.once('close', () => this.#sockets.delete(socket))
    // Faults write to connections that the other side may have left.
    socket.on('error', () => undefined)
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await bytesOf(request)
    if (bytes === undefined) return send(response, { status: 413, headers: {}, body: { detail: 'Content Too Large' } })
    const recorded = this.#record(request, bytes)
    const { clock } = this.#world
    const reply = (): ReturnType<Service['reply']> => this.#service.reply(recorded, bytes)
    const fault = this.#faults.take(recorded.path)
    if (fault === undefined) return send(response, await reply())
    const stage: Stage = { response, socket: request.socket, clock, reply, another: () => this.#another() }
    await play(stage, fault)
  }

  #record({ method = '', url = '/', headers, socket }: IncomingMessage, bytes: Buffer): StandInRequest {
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const known = Object.entries(headers).map(([name, value = '']) => [name, [value].flat().join(', ')] as const)
    const text = bytes.toString('utf8')
    const recorded: StandInRequest = {
      number: this.requests.length + 1,
      method,
      path: pathname,
      query: recordedQuery(searchParams),
      headers: Object.fromEntries(known),
      json: parsed(text),
      text,
      receivedAt: this.#world.clock.now(),
      idempotencyKey: headers['idempotency-key'] as string | undefined,
      connection: this.#sockets.get(socket) ?? 0,
    }
    this.requests.push(recorded)
    return recorded
  }

  /** An answer to the decision before the last one, or to one that nobody asked for. */
  #another(): unknown {
    const known = this.#world.decisions.slice(0, -1).findLast(({ answer }) => isRecord(answer))
    return known?.answer ?? { request_id: this.#world.id('act'), ...PROCEED }
  }
}

/** All of a body, or nothing if it is too long; what is too long is read to its end and let go. */
function bytesOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MAX_REQUEST) chunks.push(chunk)
    })
    request.once('end', () => resolve(length <= MAX_REQUEST ? Buffer.concat(chunks) : undefined))
    request.once('error', reject)
  })
}

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
