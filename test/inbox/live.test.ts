import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createGovernor } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { describe, expect, it, vi } from 'vitest'
import { Hub } from '../../adapters/server/inbox/live/hub.js'
import { Seats } from '../../adapters/server/inbox/live/seats.js'
import { Browser, startInbox } from './support/inbox.js'

const refund = (id: string) => ({ id, name: 'refund', input: { order: id } })
/** For what comes of itself, however slow the machine is. */
const WAIT = { timeout: 10_000 }
const settle = () => new Promise(resolve => setImmediate(resolve))

/** A stream of an inbox, and what it has said. */
const listen = async (started: ReturnType<typeof startInbox>, key = 'long-key-of-dana') => {
  const browser = await new Browser(started.app).signIn(key)
  const answer = await browser.send('/inbox/events')
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  const heard: string[] = []
  const state = { isOver: false }
  const reading = (async () => {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      heard.push(new TextDecoder().decode(value))
    }
    state.isOver = true
  })()
  const changes = () => heard.filter(text => text.includes('event: changed')).length
  return { browser, answer, heard, changes, state, stop: async () => (await reader.cancel(), await reading) }
}

describe('the stream of an inbox', () => {
  it('is had so many times by one session, and by one person in several, and then no more until one ends', async () => {
    const started = startInbox()
    const open = async (browser: Browser) => browser.send('/inbox/events')
    const first = await new Browser(started.app).signIn('long-key-of-dana')
    const streams = []
    for (let count = 0; count < 8; count++) streams.push(await open(first))
    expect(streams.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const refused = await open(first)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
    const others = []
    for (let session = 0; session < 3; session++) {
      const browser = await new Browser(started.app).signIn('long-key-of-dana')
      for (let count = 0; count < 8; count++) others.push((await open(browser)).status)
    }
    expect(others).toEqual(Array(24).fill(200))
    const fifth = await new Browser(started.app).signIn('long-key-of-dana')
    expect((await open(fifth)).status).toBe(429)
    expect((await open(await new Browser(started.app).signIn('long-key-of-erin'))).status).toBe(200)
    await streams[0]?.body?.cancel()
    expect((await open(fifth)).status).toBe(200)
  })

  it('is had by so many of one tenant, whatever others have', () => {
    const seats = new Seats()
    const take = (tenant: string, at: number) =>
      seats.take({ session: `${tenant} ${at}`, holder: `${tenant} ${at}`, tenant })
    const left = Array.from({ length: 512 }, (_, at) => take('acme', at))
    expect(left).not.toContain(undefined)
    expect(take('acme', 512)).toBeUndefined()
    expect(take('beta', 0)).toBeDefined()
    left[0]?.()
    left[0]?.()
    expect([take('acme', 512) !== undefined, take('acme', 513)]).toEqual([true, undefined])
  })

  it('tells of what is asked and answered in this process at once, without saying what', async () => {
    const started = startInbox()
    const stream = await listen(started)
    expect(stream.answer.headers.get('content-type')).toBe('text/event-stream')
    const { decision } = await started.governor.run(refund('1'), () => 1)
    await vi.waitFor(() => expect(stream.changes()).toBe(1), WAIT)
    await started.governor.approvals.resolve(decision.approvalId ?? '', { resolution: 'approved', by: 'erin' })
    await vi.waitFor(() => expect(stream.changes()).toBe(2), WAIT)
    expect(stream.heard.join('')).not.toMatch(/refund|erin/)
    await stream.stop()
  })

  it('tells of what another process writes, when it looks again', async () => {
    const started = startInbox()
    const stream = await listen(started)
    await settle()
    const other = createGovernor({ store: started.store, clock: started.clock })
    await other.run(refund('1'), () => 1)
    expect(stream.changes()).toBe(0)
    started.clock.advance(2000)
    await vi.waitFor(() => expect(stream.changes()).toBe(1), WAIT)
    await stream.stop()
  })

  it('tells at once where the store can tell', async () => {
    let tell = (_key: string | undefined): void => undefined
    const isWatched = vi.fn(() => undefined)
    const watch = (changed: typeof tell) => {
      tell = changed
      return isWatched
    }
    const started = startInbox({}, { store: { watch } })
    const stream = await listen(started)
    await settle()
    const other = createGovernor({ store: started.store, clock: started.clock })
    await other.run(refund('1'), () => 1)
    tell('some-id')
    await vi.waitFor(() => expect(stream.changes()).toBe(1), WAIT)
    await stream.stop()
    await vi.waitFor(() => expect(isWatched).toHaveBeenCalledOnce(), WAIT)
  })

  it('tells the people of a tenant of nothing that is another’s', async () => {
    const started = startInbox()
    const [acme, beta] = [await listen(started, 'long-key-of-acme'), await listen(started, 'long-key-of-beta')]
    await started.governor.session({ tenant: 'acme' }).run(refund('1'), () => 1)
    await vi.waitFor(() => expect(acme.changes()).toBe(1), WAIT)
    started.clock.advance(2000)
    await settle()
    expect(beta.changes()).toBe(0)
    await Promise.all([acme.stop(), beta.stop()])
  })

  it('shows that it is alive, and ends with the session', async () => {
    const started = startInbox({}, { sessionMs: 50_000 })
    const stream = await listen(started)
    started.clock.advance(20_000)
    await vi.waitFor(() => expect(stream.heard.at(-1)).toBe(': still here\n\n'), WAIT)
    started.clock.advance(20_000)
    await vi.waitFor(() => expect(stream.heard.filter(text => text.startsWith(':'))).toHaveLength(2), WAIT)
    started.clock.advance(20_000)
    await vi.waitFor(() => expect(stream.state.isOver).toBe(true), WAIT)
  })

  it('is for nobody who is not signed in', async () => {
    const { app } = startInbox()
    const answer = await app.request('/inbox/events', { headers: { accept: 'text/event-stream' } })
    expect(answer.status).toBe(401)
  })

  it('is left when the connection is gone', async () => {
    const { app, clock } = startInbox()
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { cookie } = await new Browser(app).signIn('long-key-of-dana')
    const gone = new AbortController()
    const answer = await fetch(`http://127.0.0.1:${port}/inbox/events`, { headers: { cookie }, signal: gone.signal })
    await answer.body?.getReader().read()
    await vi.waitFor(() => expect(clock.untilNext()).toBe(2000), WAIT)
    gone.abort()
    await vi.waitFor(() => expect(clock.untilNext()).toBeUndefined(), WAIT)
    server.close()
  })

  it('looks no longer once the governor is closed, and finds nothing wrong with that', async () => {
    const store = sqliteStore(':memory:')
    const started = startInbox({ store })
    const stream = await listen(started)
    await vi.waitFor(() => expect(started.clock.untilNext()).toBe(2000), WAIT)
    await started.governor.close()
    started.clock.advance(2000)
    await vi.waitFor(() => expect(started.clock.untilNext()).toBe(18_000), WAIT)
    expect(started.errors).toEqual([])
    await stream.stop()
  })

  it('costs nothing while nobody listens', async () => {
    const { governor, clock, store } = startInbox()
    const list = vi.spyOn(store, 'listApprovals')
    const parts = {
      governor,
      governorOf: () => governor,
      clock,
      watch: undefined,
      pollMs: 10,
      onError: () => undefined,
    }
    const hub = new Hub(parts)
    clock.advance(100)
    expect(list).not.toHaveBeenCalled()
    const leave = hub.join(undefined, () => undefined)
    await vi.waitFor(() => expect(clock.untilNext()).toBe(10), WAIT)
    leave()
    list.mockClear()
    clock.advance(100)
    expect([list.mock.calls.length, hub.size]).toEqual([0, 0])
  })
})
