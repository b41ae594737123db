import { memoryStore } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { describe, expect, it, vi } from 'vitest'
import { receiver } from './receiver.js'
import { serve, type Served } from './support.js'

const [MINUTE, HOUR] = [60_000, 3_600_000]
const DAY = 24 * HOUR

/** By how much a machine's clock is set wrong, and right again. */
const JUMPS = [-30 * DAY, -DAY, -2 * HOUR, -MINUTE] as const

describe.each([
  ['memory', () => memoryStore()],
  ['SQLite', () => sqliteStore(':memory:')],
] as const)('a service on %s whose clock is moved', (_, store) => {
  const mail = async ({ ask }: Served): Promise<string> =>
    (await ask('POST /actions/evaluate', { action: 'mail', actor: 'bot' })).body.result
  const held = (id: string) => ({ action: 'refund', value: 900, context: { session_id: 's', call_id: id } })
  const hold = async ({ ask }: Served, id: string): Promise<string> =>
    (await ask('POST /actions/evaluate', held(id))).body.request_id
  const resolve = ({ boss }: Served, id: string) => boss(`POST /approvals/${id}/resolve`, { resolution: 'approved' })

  it.each(JUMPS)('back by %d ms lets nobody past a limit who has reached it', async by => {
    await using service = serve({ store: store() })
    expect([await mail(service), await mail(service), await mail(service)]).toEqual(['allowed', 'allowed', 'blocked'])
    service.clock.set(service.clock.now() + by)
    expect(await mail(service)).toBe('blocked')
    service.clock.set(service.clock.now() - by)
    expect(await mail(service)).toBe('blocked')
    service.clock.advance(HOUR + MINUTE)
    expect(await mail(service)).toBe('allowed')
  })

  it('forth ends the time of a request to a person, and back again does not give it back', async () => {
    await using service = serve({ store: store(), approvals: { ttlMs: HOUR } })
    const id = await hold(service, 'c')
    const start = service.clock.now()
    service.clock.set(start + 2 * HOUR)
    expect((await service.boss('GET /approvals?status=expired')).body).toMatchObject([{ request_id: id }])
    expect((await resolve(service, id)).status).toBe(409)
    service.clock.set(start)
    expect((await resolve(service, id)).status).toBe(409)
    expect((await service.ask('POST /actions/evaluate', held('c'))).body.result).not.toBe('allowed')
  })

  it('does not wear out a request to a person, nor an answer, when it goes back', async () => {
    await using service = serve({ store: store(), approvals: { ttlMs: HOUR } })
    const id = await hold(service, 'c')
    service.clock.set(service.clock.now() - DAY)
    expect((await resolve(service, id)).status).toBe(200)
    expect((await service.ask('POST /actions/evaluate', held('c'))).body).toMatchObject({ result: 'allowed' })
    const [approval] = (await service.boss('GET /approvals?status=approved')).body
    expect(approval).toMatchObject({ request_id: id, consumed: true })
  })

  it.each([MINUTE - DAY, -HOUR, 23 * HOUR])(
    'by %d ms answers the same question under the same key as before',
    async by => {
      await using service = serve({ store: store() })
      const repeated = { headers: { 'idempotency-key': 'k' } }
      const ask = () => service.ask('POST /actions/evaluate', { action: 'look' }, repeated)
      const first = await ask()
      service.clock.set(service.clock.now() + by)
      const again = await ask()
      expect(again.body).toEqual(first.body)
      expect(again.headers.get('idempotency-replayed')).toBe('true')
      const report = () =>
        service.ask('POST /outcomes/report', { request_id: first.body.request_id, status: 'SUCCESS' }, repeated)
      await report()
      service.clock.set(service.clock.now() - by)
      expect((await report()).headers.get('idempotency-replayed')).toBe('true')
    },
  )

  it('back neither locks a credential out nor gives it more than a minute holds', async () => {
    await using service = serve({ store: store(), maxRequestsPerMinute: 3 })
    const status = async (): Promise<number> => (await service.ask('GET /actions/status')).status
    expect([await status(), await status(), await status(), await status()]).toEqual([200, 200, 200, 429])
    service.clock.set(service.clock.now() - DAY)
    expect(await status()).toBe(429)
    service.clock.advance(MINUTE)
    expect([await status(), await status(), await status(), await status()]).toEqual([200, 200, 200, 429])
  })

  it('back keeps a kill switch thrown, and forth too', async () => {
    await using service = serve({ store: store() })
    await service.ask('POST /kill-switch/activate', { reason: 'stop' })
    for (const by of [-DAY, 30 * DAY]) {
      service.clock.set(service.clock.now() + by)
      expect((await service.ask('POST /actions/evaluate', { action: 'look' })).body.blocked_by).toBe('kill_switch')
    }
  })

  it('back delays a message to a webhook that is to be sent again, and loses none', async () => {
    let isWell = false
    await using target = await receiver(response => response.writeHead(isWell ? 204 : 500).end())
    await using service = serve({ store: store(), webhooks: { allowLoopback: true } })
    const wanted = { url: target.url, events: ['decision_event.created'], max_retries: 3, retry_delay_seconds: 10 }
    const { webhook_id: id } = (await service.boss('POST /webhooks', wanted)).body
    const status = async (): Promise<unknown> =>
      (await service.ask(`GET /webhooks/${id}/deliveries`)).body.map((one: { status: string }) => one.status)
    await service.ask('POST /actions/evaluate', { action: 'look' })
    await vi.waitFor(async () => expect(await status()).toEqual(['retrying']), { timeout: 10_000 })
    const start = service.clock.now()
    service.clock.set(start - DAY)
    await service.ask('POST /actions/evaluate', { action: 'look' })
    isWell = true
    service.clock.set(start + HOUR)
    await vi.waitFor(
      async () => {
        service.clock.advance(1000)
        expect(await status()).toEqual(['delivered', 'delivered'])
      },
      { timeout: 10_000 },
    )
    const ids = target.received.map(({ headers }) => headers['x-delivery-id'])
    expect(new Set(ids).size).toBe(2)
  })
})
