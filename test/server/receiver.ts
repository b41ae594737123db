import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
interface Received {
  readonly headers: IncomingHttpHeaders
  readonly payload: string
}

/** A target of webhooks on loopback. */
export interface Receiver {
  readonly url: string
  readonly received: Received[]
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Answers each request as `respond` says; 200 where it says nothing. */
export async function receiver(respond?: (response: ServerResponse, index: number) => void): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      received.push({ headers: request.headers, payload: Buffer.concat(parts).toString() })
      if (respond === undefined) response.end('ok')
      else respond(response, received.length)
    })
  })
  await new Promise<void>(done => {
    server.listen(0, '127.0.0.1', done)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise(done => {
        server.close(done)
      })
    },
  }
}
