import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Commit, createGovernor, memoryStore } from 'countersign'
import { verifyWebhook } from 'countersign/client'
import { postgresStore } from 'countersign/stores/postgres'
import { sqliteStore } from 'countersign/stores/sqlite'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { addressOf, isPublic } from '../../adapters/server/deliveries/addresses.ts'
import { backoff } from '../../adapters/server/deliveries/backoff.ts'
import { post } from '../../adapters/server/deliveries/post.ts'
import { startPostgres } from '../stores/postgres-server.ts'
import { receiver } from './receiver.ts'
import { startServer } from './webhook-processes.ts'
import { serve, type Served } from './support.ts'

const LOCAL = { webhooks: { allowLoopback: true } }
const WAIT = { timeout: 10_000 }
const SLOW = { timeout: 40_000, interval: 100 }
const REFUND = { action: 'refund', actor: 'bot', value: 900, context: { arguments: { iban: 'DE00 secret' } } }

const RULE = { name: 'refunds', domain: 'payments', max_per_day: 5, max_value: 1000 }
const inOrder = (a: string, b: string): number => a.localeCompare(b)

async function register({ boss }: Served, url: string, more: object = {}): Promise<{ id: string; secret: string }> {
  const { status, body } = await boss('POST /webhooks', { url, ...more })
  expect(status).toBe(200)
  return { id: body.webhook_id, secret: body.secret }
}

/** The deliveries of a webhook, once one has a status. */
async function once({ ask }: Served, id: string, status: string): Promise<Record<string, unknown>> {
  return vi.waitFor(async () => {
    const { body } = await ask(`GET /webhooks/${id}/deliveries`)
    const found = body.find((delivery: Record<string, unknown>) => delivery['status'] === status)
    expect(found, JSON.stringify(body)).toBeDefined()
    return found
  }, WAIT)
}

describe('webhooks', () => {
  it('hear of decisions and of requests to people, signed so that verifyWebhook believes them, without inputs', async () => {
    await using target = await receiver()
    await using service = serve(LOCAL)
    const { secret } = await register(service, target.url)
    await service.ask('POST /actions/evaluate', REFUND)
    await vi.waitFor(() => expect(target.received).toHaveLength(2), WAIT)
    const events = target.received.map(({ headers }) => String(headers['x-event-type'])).toSorted(inOrder)
    expect(events).toEqual(['approval.requested', 'decision_event.created'])
    for (const { headers, payload } of target.received) {
      const result = await verifyWebhook({
        payload,
        signature: String(headers['x-signature']),
        timestamp: String(headers['x-timestamp']),
        secret,
        now: service.clock.now(),
      })
      expect(result).toEqual({ valid: true })
      expect(payload).not.toContain('DE00')
      expect(JSON.parse(payload)).toMatchObject({
        id: headers['x-delivery-id'],
        event: headers['x-event-type'],
        org_id: 'default',
        data: { tool: 'refund', actor: 'bot', reason: 'over 100' },
      })
    }
  })

  it('hear of inputs where they ask for them, as the governor shows them', async () => {
    await using target = await receiver()
    await using hidden = serve(LOCAL)
    await using shown = serve({ ...LOCAL, inputs: 'visible' })
    const wanted = { events: ['decision_event.created'], metadata: { include_inputs: true } }
    for (const service of [hidden, shown]) {
      await register(service, target.url, wanted)
      await service.ask('POST /actions/evaluate', REFUND)
    }
    await vi.waitFor(() => expect(target.received).toHaveLength(2), WAIT)
    const inputs = target.received
      .map(({ payload }) => JSON.stringify(JSON.parse(payload).data.input))
      .toSorted(inOrder)
    expect(inputs).toEqual(['"[redacted]"', '{"iban":"DE00 secret"}'])
  })

  it.each([
    ['redacted, as events are', {}, '[redacted]'],
    ['where they are visible and were kept for whoever is asked', { inputs: 'visible' }, { iban: 'DE00 secret' }],
    [
      'without what their profile masks',
      { inputs: 'visible', tools: { refund: { redact: ['iban'] } } },
      { iban: '[redacted]' },
    ],
  ] as const)('hear of inputs also of what another server had not written down: %s', async (_how, options, input) => {
    await using target = await receiver()
    const store = memoryStore()
    const forgetful = Object.create(store, {
      commit: {
        value: (commit: Commit) =>
          commit.documents?.some(({ kind }) => kind === 'delivery') === true
            ? Promise.reject(new Error('killed before'))
            : store.commit(commit),
      },
    }) as typeof store
    const first = serve({ ...LOCAL, ...options, store: forgetful, onError: () => undefined })
    const events = ['decision_event.created', 'approval.requested']
    await register(first, target.url, { events, metadata: { include_inputs: true } })
    await first.ask('POST /actions/evaluate', REFUND)
    await first.ask('POST /actions/evaluate', { action: 'look', context: { arguments: { page: 1 } } })
    await using _second = serve({ ...LOCAL, ...options, store, clock: first.clock })
    await vi.waitFor(() => expect(target.received).toHaveLength(3), WAIT)
    const told = target.received.map(({ payload }) => JSON.parse(payload).data)
    for (const data of told) expect(data.input).toEqual(data.tool === 'look' ? '[redacted]' : input)
    await first.server.close().catch(() => undefined)
  })

  it('hear of answers, outcomes and switches, and only of what they listen to', async () => {
    await using target = await receiver()
    await using service = serve(LOCAL)
    await register(service, target.url, { events: ['approval.resolved', 'outcome.reported', 'kill_switch.changed'] })
    const { body } = await service.ask('POST /actions/evaluate', REFUND)
    await service.boss(`POST /approvals/${body.request_id}/resolve`, { resolution: 'denied', comment: 'too much' })
    await service.ask('POST /outcomes/report', { request_id: body.request_id, status: 'SUCCESS' })
    await service.boss('POST /kill-switch/activate', { reason: 'fire' })
    await vi.waitFor(() => expect(target.received).toHaveLength(3), WAIT)
    const told = target.received.map(({ payload }) => JSON.parse(payload))
    const by = Object.fromEntries(told.map(({ event, data }) => [event, data]))
    expect(by).toMatchObject({
      'approval.resolved': { status: 'denied', resolved_by: 'dana', comment: 'too much' },
      'outcome.reported': { request_id: body.request_id, status: 'SUCCESS' },
      'kill_switch.changed': { active: true, reason: 'fire' },
    })
  })

  it('hear of changes of rules that are tried and made', async () => {
    await using target = await receiver()
    await using service = serve(LOCAL)
    await register(service, target.url, { events: ['rule.patch_previewed', 'rule.patch_applied'] })
    const { body: rule } = await service.boss('POST /rules', RULE)
    const patch = [{ op: 'replace', path: '/max_per_day', value: 9 }]
    for (const preview of [true, false]) {
      const { status } = await service.boss(`POST /rules/${rule.rule_id}/apply_patch`, { patch, preview })
      expect(status).toBe(200)
    }
    await vi.waitFor(() => expect(target.received).toHaveLength(2), WAIT)
    const told = target.received.map(({ payload }) => JSON.parse(payload))
    expect(told.map(({ event }) => event).toSorted(inOrder)).toEqual(['rule.patch_applied', 'rule.patch_previewed'])
    expect(told[0].data).toMatchObject({ rule_id: rule.rule_id, by: 'dana', changed_paths: ['/max_per_day'] })
  })

  it('do not hear of other tenants', async () => {
    await using target = await receiver()
    await using service = serve(LOCAL)
    const { id } = await register(service, target.url, { events: ['decision_event.created'] })
    await service.ask('POST /actions/evaluate', REFUND, { key: 'other-key-of-the-tests' })
    await service.ask('POST /actions/evaluate', REFUND)
    await once(service, id, 'delivered')
    expect(target.received.map(({ payload }) => JSON.parse(payload).org_id)).toEqual(['default'])
    expect((await service.ask(`GET /webhooks/${id}`, undefined, { key: 'other-key-of-the-tests' })).status).toBe(404)
    const theirs = await service.ask(`GET /webhooks/${id}/deliveries`, undefined, { key: 'other-key-of-the-tests' })
    expect(theirs.status).toBe(404)
  })

  it('are kept, shown without their secret, changed and removed by approvers', async () => {
    await using service = serve(LOCAL)
    const wanted = { url: 'https://example.org/hook', secret: 'whsec_of_my_own', label: 'mine' }
    const { body: made } = await service.boss('POST /webhooks', wanted)
    expect(JSON.stringify(made)).not.toContain('whsec_of_my_own')
    const path = `/webhooks/${made.webhook_id}`
    const { body: seen } = await service.ask(`GET ${path}`)
    expect(seen).toMatchObject({ label: 'mine', url: wanted.url, is_active: true, has_secret: true, max_retries: 5 })
    expect((await service.ask(`PATCH ${path}`, { is_active: false })).status).toBe(403)
    expect((await service.boss(`PATCH ${path}`, { is_active: false, label: null })).body).toMatchObject({ label: null })
    expect((await service.ask('GET /webhooks')).body).toEqual([])
    expect((await service.ask('GET /webhooks?include_inactive=true')).body).toHaveLength(1)
    expect((await service.boss(`DELETE ${path}`)).body).toMatchObject({ success: true, deleted: true })
    expect((await service.ask(`GET ${path}`)).status).toBe(404)
  })

  it.each([
    [{ url: 'http://example.org' }, 'url'],
    [{ url: 'https://10.0.0.7/x' }, 'url'],
    [{ url: 'https://169.254.169.254/latest/meta-data' }, 'url'],
    [{ url: 'https://2130706433/' }, 'url'],
    [{ url: 'https://[::1]/' }, 'url'],
    [{ url: 'https://user:pass@example.org' }, 'url'],
    [{ url: 'nonsense' }, 'url'],
    [{ url: 'https://example.org', events: ['decision.made'] }, 'events'],
    [{ url: 'https://example.org', secret: '' }, 'secret'],
    [{ url: 'https://example.org', timeout_seconds: 0 }, 'timeout_seconds'],
    [{ url: 'https://example.org', max_retries: 500 }, 'max_retries'],
  ])('say what is wrong with %o', async (body, field) => {
    await using service = serve()
    const { status, body: answer } = await service.boss('POST /webhooks', body)
    expect(status).toBe(422)
    expect(answer.detail[0].loc.slice(0, 2)).toEqual(['body', field])
  })

  it('are tried again later and later, and then left for somebody to replay', async () => {
    let isWell = false
    await using target = await receiver(response => response.writeHead(isWell ? 204 : 500).end())
    await using service = serve(LOCAL)
    const wanted = { events: ['decision_event.created'], max_retries: 2, retry_delay_seconds: 10 }
    const { id } = await register(service, target.url, wanted)
    await service.ask('POST /actions/evaluate', REFUND)
    const first = await once(service, id, 'retrying')
    expect(first).toMatchObject({ attempts: 1, response_status: 500, error: 'answered with status 500' })
    const next = Date.parse(String(first['next_attempt_at'])) - service.clock.now()
    expect(next).toBeGreaterThanOrEqual(5000)
    expect(next).toBeLessThanOrEqual(10_000)
    for (const attempts of [2, 3]) {
      service.clock.advance(20_000)
      await vi.waitFor(() => expect(target.received).toHaveLength(attempts), WAIT)
    }
    const dead = await once(service, id, 'dead')
    expect(dead).toMatchObject({ attempts: 3, next_attempt_at: null })
    const ids = new Set(target.received.map(({ headers }) => headers['x-delivery-id']))
    expect([...ids]).toEqual([dead['id']])
    expect(target.received.map(({ headers }) => headers['x-attempt'])).toEqual(['1', '2', '3'])

    isWell = true
    const replay = `POST /webhooks/${id}/deliveries/${String(dead['delivery_id'])}/replay`
    expect((await service.ask(replay, {})).body).toMatchObject({ status: 'pending', attempts: 0 })
    expect(await once(service, id, 'delivered')).toMatchObject({ attempts: 1, response_status: 204, error: null })
    const byId = `POST /webhooks/${id}/deliveries/${String(dead['id'])}/replay`
    expect((await service.ask(byId, {})).body).toMatchObject({ replayed: true, delivery_id: dead['delivery_id'] })
    for (const none of ['dlv_none', '7'])
      expect((await service.ask(`POST /webhooks/${id}/deliveries/${none}/replay`, {})).status).toBe(404)
  })

  it('that hang or fail never slow a decision, nor the delivery to others', async () => {
    await using hanging = await receiver(() => undefined)
    await using target = await receiver()
    await using service = serve(LOCAL)
    const events = { events: ['decision_event.created'] }
    for (let i = 0; i < 3; i++) await register(service, hanging.url, events)
    await register(service, target.url, events)
    for (let i = 0; i < 20; i++) expect((await service.ask('POST /actions/evaluate', REFUND)).status).toBe(200)
    await vi.waitFor(() => expect(target.received).toHaveLength(20), WAIT)
    // Four at once, and no more, each.
    expect(hanging.received.length).toBeLessThanOrEqual(12)
  })

  it('that fail five times in a row are asked once in half a minute', async () => {
    await using target = await receiver(response => response.writeHead(503).end())
    await using service = serve(LOCAL)
    const { id } = await register(service, target.url, { events: ['decision_event.created'], max_retries: 20 })
    for (let i = 0; i < 30; i++) await service.ask('POST /actions/evaluate', REFUND)
    await vi.waitFor(async () => {
      const { body } = await service.ask(`GET /webhooks/${id}/deliveries`)
      const tried = body.filter(({ status }: { status: string }) => status === 'retrying')
      expect(tried.length).toBeGreaterThanOrEqual(5)
      expect(body.some(({ status }: { status: string }) => status === 'sending')).toBe(false)
    }, WAIT)
    const before = target.received.length
    expect(before).toBeLessThan(30)
    service.clock.advance(31_000)
    await vi.waitFor(() => expect(target.received).toHaveLength(before + 1), WAIT)
  })

  it('are tested by sending something now, and say what came of it', async () => {
    await using target = await receiver(response => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
    await using service = serve(LOCAL)
    const { id } = await register(service, target.url)
    const { body } = await service.ask(`POST /webhooks/${id}/test`, { event_type: 'signal.new' })
    expect(body).toMatchObject({ event_type: 'signal.new', status: 'dead', response_status: 302, attempts: 1 })
    expect(target.received).toHaveLength(1)
    const unknown = await service.ask(`POST /webhooks/${id}/test`, { event_type: 'nothing' })
    expect(unknown.body.detail[0].loc).toEqual(['body', 'event_type'])
  })

  it('say which events there are, and whether a signature is right', async () => {
    await using target = await receiver()
    await using service = serve(LOCAL)
    const { id, secret } = await register(service, target.url)
    await service.ask(`POST /webhooks/${id}/test`, {})
    const [{ headers, payload }] = target.received as [{ headers: Record<string, string>; payload: string }]
    const given = { payload, signature: headers['x-signature'], timestamp: headers['x-timestamp'], secret }
    const verify = async (more: object) =>
      (await service.ask('POST /webhooks/verify-signature', { ...given, ...more })).body
    expect(await verify({})).toEqual({ valid: true, reason: null })
    expect(await verify({ payload: `${payload} ` })).toMatchObject({ valid: false })
    expect(await verify({ timestamp: { toString: 'now' } })).toMatchObject({ valid: false })
    service.clock.advance(301_000)
    expect(await verify({})).toMatchObject({ valid: false, reason: 'timestamp outside of tolerance' })
    expect((await service.ask('GET /webhooks/events/list')).body.events).toContain('approval.requested')
  })

  it('are told, once, when a server starts, of requests that wait and nobody was told of', async () => {
    await using target = await receiver()
    const store = { ...memoryStore(), close: () => undefined }
    const first = serve({ ...LOCAL, store })
    const { id } = await register(first, target.url, { events: ['approval.requested'] })
    await first.ask('POST /actions/evaluate', REFUND)
    await vi.waitFor(() => expect(target.received).toHaveLength(1), WAIT)
    await first.server.close()
    // In the place of a server that dies before it can write down what it held.
    const alone = createGovernor({ store, clock: first.clock, unlisted: 'require_approval' })
    await alone.run({ id: 'x', name: 'drop_it', input: { value: 7 } }, () => 'done')
    await using second = serve({ ...LOCAL, store, clock: first.clock })
    await vi.waitFor(() => expect(target.received).toHaveLength(2), WAIT)
    expect(JSON.parse(target.received[1]?.payload ?? '')).toMatchObject({ data: { tool: 'drop_it', value: 7 } })
    expect((await second.ask(`GET /webhooks/${id}/deliveries`)).body).toHaveLength(2)
  })

  it('forget what became of a message after a month', async () => {
    await using target = await receiver()
    const store = memoryStore()
    await using service = serve({ ...LOCAL, store })
    const { id } = await register(service, target.url, { events: ['decision_event.created'] })
    await service.ask('POST /actions/evaluate', REFUND)
    await once(service, id, 'delivered')
    service.clock.advance(31 * 24 * 3_600_000)
    await vi.waitFor(async () => expect(await store.listDocuments({ kind: 'delivery' }, 0)).toEqual([]), WAIT)
  })

  it('are told of what was written down before the server ended, by the next one', async () => {
    const kept = memoryStore()
    const store = { ...kept, close: () => undefined }
    await using target = await receiver((response, index) => {
      if (index > 1) response.end()
    })
    const first = serve({ ...LOCAL, store })
    const { id } = await register(first, target.url, { events: ['decision_event.created'] })
    await first.ask('POST /actions/evaluate', REFUND)
    await vi.waitFor(() => expect(target.received).toHaveLength(1), WAIT)
    await first.server.close()
    await using second = serve({ ...LOCAL, store, clock: first.clock })
    first.clock.advance(60_000)
    expect(await once(second, id, 'delivered')).toMatchObject({ attempts: 2 })
  })
})

describe('webhooks of servers in several processes', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-webhooks-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  it('are told once per attempt, whoever decides and whoever delivers', async () => {
    await using target = await receiver((response, index) => response.writeHead(index % 5 === 0 ? 500 : 200).end())
    const database = join(folder, 'two.db')
    await using one = await startServer({ database, url: target.url })
    await using two = await startServer({ database })
    one.decide(50)
    two.decide(50)
    const store = sqliteStore(database)
    onTestFinished(async () => store.close())
    const delivered = await vi.waitFor(async () => {
      const all = await store.listDocuments({ kind: 'delivery', limit: 1000 }, Date.now())
      const bodies = all.map(({ body }) => JSON.parse(body ?? '') as { status: string; attempts: number })
      expect(bodies.filter(({ status }) => status === 'delivered')).toHaveLength(100)
      return bodies
    }, SLOW)
    const attempts = delivered.reduce((sum, { attempts: of }) => sum + of, 0)
    expect(target.received).toHaveLength(attempts)
    const told = target.received.map(
      ({ headers }) => `${String(headers['x-delivery-id'])} ${String(headers['x-attempt'])}`,
    )
    expect(new Set(told).size).toBe(told.length)
  })

  it('are told of everything that was written down, when the process that did so is killed', async () => {
    let isWell = false
    await using target = await receiver(response => {
      if (isWell) response.end()
    })
    const database = join(folder, 'killed.db')
    const store = sqliteStore(database)
    onTestFinished(async () => store.close())
    const written = () => store.listDocuments({ kind: 'delivery', limit: 1000 }, Date.now())
    await using victim = await startServer({ database, url: target.url })
    victim.decide(20)
    await vi.waitFor(async () => expect(await written()).toHaveLength(20), SLOW)
    await vi.waitFor(() => expect(target.received).toHaveLength(4), SLOW)
    const expected = (await written()).map(({ id }) => id)
    await victim.kill()
    isWell = true
    // It lives later: what the other one had begun is not waited for any more.
    await using _heir = await startServer({ database, laterMs: 120_000 })
    await vi.waitFor(() => {
      const told = new Set(target.received.slice(4).map(({ headers }) => String(headers['x-delivery-id'])))
      expect([...told].toSorted(inOrder)).toEqual(expected.toSorted(inOrder))
    }, SLOW)
    expect(target.received).toHaveLength(24)
  })

  it('are told of what had happened and was not written down yet, when the process that did it is killed', async () => {
    await using target = await receiver()
    const database = join(folder, 'unwritten.db')
    const store = sqliteStore(database)
    onTestFinished(async () => store.close())
    const idsOf = (payloads: readonly string[]) =>
      payloads.map(payload => (JSON.parse(payload) as { data: { request_id: string } }).data.request_id)
    await using victim = await startServer({ database, url: target.url, diesBeforeDeliveries: true })
    victim.decide(20)
    await victim.ended
    const decided = (await store.listDecisions({})).map(({ id }) => id)
    expect(decided.length).toBeGreaterThan(0)
    expect(await store.listDocuments({ kind: 'delivery' }, Date.now())).toEqual([])
    await using _heir = await startServer({ database })
    await vi.waitFor(() => {
      const told = idsOf(target.received.map(({ payload }) => payload))
      expect(told.toSorted(inOrder)).toEqual(decided.toSorted(inOrder))
    }, SLOW)
    // One that comes after finds that nothing is left to tell.
    await using last = await startServer({ database })
    last.decide(1)
    await vi.waitFor(() => expect(target.received).toHaveLength(decided.length + 1), SLOW)
  })
})

describe('webhooks on PostgreSQL', { timeout: 60_000 }, () => {
  it('hear of their own tenant, and only of it', async ({ skip }) => {
    const started = await startPostgres()
    if ('unavailable' in started) return skip(started.unavailable)
    onTestFinished(() => started.server.stop())
    await using target = await receiver()
    const store = postgresStore(started.server.url(await started.server.database()))
    const keys = [
      { key: 'approver-key-of-the-tests', role: 'approver' },
      { key: 'agent-key-of-the-tests', role: 'approver', tenant: 'acme' },
    ] as const
    await using service = serve({ ...LOCAL, store, keys })
    for (const who of [service.ask, service.boss]) {
      expect((await who('POST /webhooks', { url: target.url, events: ['decision_event.created'] })).status).toBe(200)
      await who('POST /actions/evaluate', { ...REFUND, value: 9 })
    }
    await vi.waitFor(async () => {
      for (const who of [service.ask, service.boss]) {
        const [{ webhook_id: id }] = (await who('GET /webhooks')).body
        expect((await who(`GET /webhooks/${id}/deliveries`)).body).toMatchObject([{ status: 'delivered', attempts: 1 }])
      }
    }, SLOW)
    const told = target.received.map(({ payload }) => JSON.parse(payload).org_id)
    expect(told.toSorted(inOrder)).toEqual(['acme', 'default'])
  })
})

describe('addresses that webhooks lead to', () => {
  it.each(
    '127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fc00::1 fd00:ec2::254 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::1 ff02::1'.split(
      ' ',
    ),
  )('do not reach %s', address => {
    expect(isPublic(address)).toBe(false)
  })

  it.each(['93.184.215.14', '1.1.1.1', '2606:4700::1111'])('reach %s', address => {
    expect(isPublic(address)).toBe(true)
  })

  it('may be in a network of your own where their host is named, over https and for no other host', async () => {
    const resolve = () => Promise.resolve([{ address: '10.0.0.1', family: 4 }])
    const reach = { allowLoopback: false, allowHosts: ['Hooks.Internal', '10.0.0.1'] }
    const to = (url: string) => addressOf(new URL(url), reach, resolve)
    expect(await to('https://hooks.internal/x')).toMatchObject({ address: '10.0.0.1' })
    expect(await to('https://10.0.0.1/x')).toMatchObject({ address: '10.0.0.1' })
    for (const url of [
      'http://hooks.internal',
      'https://x.hooks.internal',
      'https://hooks.internal.evil',
      'https://10.0.0.2',
    ]) {
      await expect(to(url), url).rejects.toMatchObject({ isFinal: true })
    }
    await using service = serve({ webhooks: { allowHosts: ['10.0.0.1'] } })
    const make = async (url: string) => (await service.boss('POST /webhooks', { url, events: ['*'] })).status
    expect([
      await make('https://10.0.0.1/x'),
      await make('https://10.0.0.2/x'),
      await make('http://10.0.0.1/x'),
    ]).toEqual([200, 422, 422])
  })

  it('are refused where only one of those that a name leads to is private', async () => {
    const resolve = () =>
      Promise.resolve([
        { address: '1.1.1.1', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ])
    await expect(addressOf(new URL('https://example.org'), { allowLoopback: false }, resolve)).rejects.toMatchObject({
      isFinal: true,
    })
  })

  it('are the ones that were looked at: a name that leads elsewhere a moment later is not asked again', async () => {
    await using target = await receiver()
    const { port } = new URL(target.url)
    let asked = 0
    const resolve = () => Promise.resolve([{ address: asked++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }])
    const url = `http://rebinding.invalid:${port}/`
    const signal = AbortSignal.timeout(5000)
    expect(await post({ url, headers: {}, body: 'x', signal, allowLoopback: true, resolve })).toBe(200)
    expect(asked).toBe(1)
    const refused = post({ url, headers: {}, body: 'x', signal, allowLoopback: true, resolve })
    await expect(refused).rejects.toThrow('not at a public address')
    expect(target.received).toHaveLength(1)
  })

  it('are not listened to for longer than a kilobyte', async () => {
    await using target = await receiver(response => {
      const drip = setInterval(() => response.write('x'.repeat(600)), 1)
      response.on('close', () => clearInterval(drip))
    })
    const signal = AbortSignal.timeout(5000)
    expect(await post({ url: target.url, headers: {}, body: 'x', signal, allowLoopback: true })).toBe(200)
    expect(signal.aborted).toBe(false)
  })
})

it('waits between attempts double each time, an hour at most, and are up to half shorter by chance', () => {
  expect([1, 2, 3, 4].map(attempts => backoff(1000, attempts, 0))).toEqual([1000, 2000, 4000, 8000])
  expect(backoff(1000, 1, 1)).toBe(500)
  expect(backoff(1000, 40, 0)).toBe(3_600_000)
})
