import { createServer, connect, type Socket, type AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { onPostgres } from '../stores/on-postgres.js'
import { asking, isWhole, question } from './faults.js'
import { type ServiceProcess, startService } from './service-process.js'

/** A way to a server that can be cut. */
interface Wire {
  readonly port: number
  /** Ends every connection at once, after the next bytes that go through one, in the direction said. */
  readonly cut: (after: 'question' | 'answer') => Promise<void>
  readonly close: () => Promise<void>
}

/** Passes bytes on to a port of this machine. */
async function wireTo(target: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  let next: { readonly after: 'question' | 'answer'; readonly done: () => void } | undefined
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const passes = (way: 'question' | 'answer', to: Socket) => (bytes: Buffer) => {
    // A question that was cut off in the middle, or one that was asked and whose answer nobody hears.
    if (next?.after !== way) return to.write(bytes)
    const { done } = next
    next = undefined
    if (way === 'answer') endAll()
    else to.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), endAll)
    return done()
  }
  const server = createServer(here => {
    const there = connect(target, '127.0.0.1')
    for (const socket of [here, there]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        here.destroy()
        there.destroy()
      })
    }
    here.on('data', passes('question', there))
    there.on('data', passes('answer', here))
  })
  await new Promise<void>(done => {
    server.listen(0, '127.0.0.1', done)
  })
  return {
    port: (server.address() as AddressInfo).port,
    cut: after =>
      new Promise(done => {
        next = { after, done }
      }),
    close: async () => {
      endAll()
      await new Promise(done => {
        server.close(done)
      })
    },
  }
}

await onPostgres('a decision service on a PostgreSQL that fails', server => {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })
  const HOLD = { action: 'refund', actor: 'bot', value: 900, context: { session_id: 's', call_id: 'held' } }
  const start = async (postgres: string): Promise<ServiceProcess> => {
    const service = await startService({ place: { postgres, schema: 'countersign' } })
    ends.push(service.kill)
    return service
  }

  it.each(['SIGINT', 'SIGQUIT'] as const)(
    'permits nothing while it is down, loses nothing it acknowledged, and goes on when it is back (%s)',
    { timeout: 90_000 },
    async signal => {
      const service = await start(server.url(await server.database(), 'owner'))
      const held = (await service.ask('POST /actions/evaluate', HOLD)).body.request_id as string
      const asked = asking(service)
      await asked.until(() => asked.allowed.size > 100)
      await server.down(signal)
      const { length } = asked.refused
      await asked.until(() => asked.refused.length > length)
      const while_ = await question(service, 'meanwhile')
      expect(while_.body.allowed ?? false).toBe(false)
      const path = `POST /approvals/${held}/resolve`
      expect(
        (await service.ask(path, { resolution: 'approved' }, { key: 'dana-key-of-the-tests' })).status,
      ).toBeGreaterThanOrEqual(500)
      await server.up()
      const { size } = asked.allowed
      await asked.until(() => asked.allowed.size > size + 50)
      await asked.stop()
      await isWhole(service, asked)
      expect((await service.ask(path, { resolution: 'approved' }, { key: 'dana-key-of-the-tests' })).status).toBe(200)
      expect((await service.ask('POST /actions/evaluate', HOLD)).body).toMatchObject({
        allowed: true,
        request_id: held,
      })
    },
  )

  it(
    'decides nothing twice, and permits nothing that it did not write down, where connections are cut in the middle of a transaction',
    {
      timeout: 90_000,
    },
    async () => {
      const url = new URL(server.url(await server.database(), 'owner'))
      const wire = await wireTo(Number(url.port))
      ends.push(wire.close)
      url.port = String(wire.port)
      const service = await start(url.href)
      const asked = asking(service)
      for (let cuts = 0; cuts < 20; cuts++) {
        const { size } = asked.allowed
        await asked.until(() => asked.allowed.size > size + 5)
        await wire.cut(cuts % 2 === 0 ? 'question' : 'answer')
      }
      const { size } = asked.allowed
      await asked.until(() => asked.allowed.size > size + 20)
      await asked.stop()
      expect(asked.refused.length).toBeGreaterThan(0)
      await isWhole(service, asked)
      // One decision for each key, however often it was asked.
      const { body } = await service.ask('GET /actions/observer/stats')
      const failed = await server.ask(
        url.pathname.slice(1),
        `select count(*)::int as count from countersign.decisions where body::jsonb ->> 'failMode' is not null`,
      )
      expect(body.all_time.total - Number(failed[0]?.['count'])).toBe(asked.allowed.size + asked.refused.length)
    },
  )
})
