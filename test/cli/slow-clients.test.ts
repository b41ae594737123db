import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listen } from '../../adapters/cli/commands/serve-http.ts'

const PATIENCE = { headMs: 200, requestMs: 400, silentMs: 600 }

/** A service that reads what it is sent, and a client that writes what it likes. */
const start = async (answer: (request: Request) => unknown) => {
  const listening = await listen(answer, '127.0.0.1', 0, PATIENCE)
  const open: Socket[] = []
  return {
    client: async (text: string) => {
      const socket = connect(Number(new URL(listening.url).port), '127.0.0.1')
      open.push(socket)
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      socket.write(text)
      return socket
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      await listening.stop()
    },
  }
}

const echo = async (request: Request): Promise<Response> => new Response(await request.text())
const closed = (socket: Socket) => new Promise<void>(resolve => void socket.once('close', resolve).resume())

describe('a service that is served', () => {
  it('cuts off a client that does not finish the head of its request', async () => {
    await using service = await start(echo)
    const socket = await service.client('POST / HTTP/1.1\r\nhost: x\r\nx-slow: ')
    const dripping = setInterval(() => socket.write('a'), 50)
    await closed(socket)
    clearInterval(dripping)
  })

  it('cuts off a client that does not finish its body, however steadily it sends', async () => {
    await using service = await start(echo)
    const socket = await service.client('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n')
    const dripping = setInterval(() => socket.write('a'), 50)
    await closed(socket)
    clearInterval(dripping)
  })

  it('cuts off a client that takes nothing of its answer', async () => {
    const given = Promise.withResolvers<void>()
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: controller => controller.enqueue(new Uint8Array(65_536)),
          cancel: () => given.resolve(),
        }),
      )
    await using service = await start(endless)
    const socket = await service.client('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    socket.pause()
    await given.promise
  })

  it('answers whoever is quick, also while others are slow', async () => {
    await using service = await start(echo)
    await Promise.all(Array.from({ length: 50 }, () => service.client('POST / HTTP/1.1\r\nhost: x\r\n')))
    const socket = await service.client(
      'POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok',
    )
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    expect(chunk.toString()).toContain('200 OK')
  })
})
