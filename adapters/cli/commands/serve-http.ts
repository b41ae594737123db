import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Failure } from '../failure.js'

/** A server that takes requests. */
export interface Listening {
  readonly url: string
  /** Takes no more requests, and waits until those that were begun have their answer. */
  readonly stop: () => Promise<void>
}

/** What Node says of a request. */
interface Node {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

/** How long a client may take, in milliseconds. */
export interface Patience {
  /** For the head of a request. */
  readonly headMs: number
  /** For all of a request. */
  readonly requestMs: number
  /** For taking any of an answer, and between what either side says: streams say something every 20 seconds. */
  readonly silentMs: number
}

const PATIENCE: Patience = { headMs: 10_000, requestMs: 30_000, silentMs: 90_000 }
/** Connections that are open at once: each takes a file of the process, and the store needs some. */
const MAX_CONNECTIONS = 10_000
const GRACE_MS = 10_000
const LOOK_EVERY_MS = 50

/** Listens. @throws Failure where the address cannot be had */
export async function listen(
  fetch: (request: Request, node: Node) => unknown,
  host: string,
  port: number,
  { headMs, requestMs, silentMs }: Patience = PATIENCE,
): Promise<Listening> {
  const streams = new Set<ServerResponse>()
  const answer = (request: Request, node: unknown): unknown => {
    const { incoming, outgoing } = node as Node
    if (incoming.headers.accept?.includes('text/event-stream') === true) {
      streams.add(outgoing)
      outgoing.once('close', () => streams.delete(outgoing))
    }
    return fetch(request, { incoming, outgoing })
  }
  const connectionsCheckingInterval = Math.ceil(headMs / 2)
  const serverOptions = { headersTimeout: headMs, requestTimeout: requestMs, connectionsCheckingInterval }
  const server = createAdaptorServer({ fetch: answer, serverOptions }) as Server
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(silentMs)
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      reject(refused(error, host, port))
    })
    server.listen(port, host, resolve)
  })
  const { port: actual, family, address } = server.address() as AddressInfo
  const name = address === '::' || address === '0.0.0.0' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return { url: `http://${name}:${actual}`, stop: () => stop(server, streams) }
}

function stop(server: Server, streams: ReadonlySet<ServerResponse>): Promise<void> {
  // Streams never end by themselves, and whoever reads one asks again.
  for (const stream of streams) stream.destroy()
  return new Promise(resolve => {
    const idle = setInterval(() => {
      server.closeIdleConnections()
    }, LOOK_EVERY_MS)
    const grace = setTimeout(() => {
      server.closeAllConnections()
    }, GRACE_MS)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(grace)
      resolve()
    })
  })
}

/**
 * Takes SIGINT and SIGTERM as a wish to stop, from now on: `wished` resolves with the first one. The second one ends the
 * process as if nobody listened.
 */
export function stopSignal(): { readonly wished: Promise<void> } {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const wished = new Promise<void>(resolve => {
    const heard = (): void => {
      for (const signal of signals) process.removeListener(signal, heard)
      resolve()
    }
    for (const signal of signals) process.on(signal, heard)
  })
  return { wished }
}

function refused(error: Error, host: string, port: number): Failure {
  const { code } = error as { readonly code?: unknown }
  if (code === 'EADDRINUSE') {
    return new Failure(`port ${port} on ${host} is in use.`, 'Stop what uses it, or choose another with --port.')
  }
  if (code === 'EACCES')
    return new Failure(`port ${port} may not be used by this user.`, 'Choose one above 1023 with --port.')
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Failure(`${host} is no address of this machine.`, 'Choose another with --host.')
  }
  return new Failure(`cannot listen on ${host}:${port}: ${error.message}`)
}
