import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from 'countersign'
import { createDecisionServer, keyWeakness } from 'countersign/server'
import { sqliteStore } from 'countersign/stores/sqlite'
import { describe, expect, it } from 'vitest'
import { GuardedKeys } from '../../adapters/server/auth/guarded-keys.ts'
import { testClock } from '../support/governing.ts'
import { type Served, serve } from './support.ts'

const ANOTHER = { key: 'another-agent-of-the-tests', role: 'agent', name: 'rival' } as const
const KEYS = [
  { key: 'agent-key-of-the-tests', role: 'agent', name: 'bot' },
  { key: 'approver-key-of-the-tests', role: 'approver', name: 'dana' },
  { key: 'eve-key-of-the-tests', role: 'approver', name: 'eve' },
  ANOTHER,
] as const
const DAY_MS = 86_400_000

const refund = (value: number, call = 'c-1', more: object = {}) => ({
  action: 'refund',
  value,
  context: { session_id: 's-1', call_id: call },
  ...more,
})
const EVALUATE = 'POST /actions/evaluate'

describe('a permission', () => {
  it('is for the credential that asked: another one that asks for the same call gets none, and is told why', async () => {
    await using service = serve({ keys: KEYS })
    const first = (await service.ask(EVALUATE, refund(50))).body
    expect(first).toMatchObject({ allowed: true, already_permitted: false })
    const rival = (await service.ask(EVALUATE, refund(50), { key: ANOTHER.key })).body
    expect(rival).toMatchObject({
      allowed: false,
      result: 'blocked',
      enforced_verdict: 'blocked',
      recommendation: 'do_not_proceed',
      already_permitted: false,
      blocked_by: 'credential',
      reason: expect.stringContaining('another credential'),
    })
    const again = (await service.ask(EVALUATE, refund(50))).body
    expect(again).toMatchObject({ allowed: true, already_permitted: true, request_id: first.request_id })
  })

  it('that a person gave is not used up by another credential, before or after', async () => {
    await using service = serve({ keys: KEYS })
    const held = (await service.ask(EVALUATE, refund(900))).body
    const rival = () => service.ask(EVALUATE, refund(900), { key: ANOTHER.key })
    expect((await rival()).body).toMatchObject({ result: 'blocked', blocked_by: 'credential' })
    await service.boss(`POST /approvals/${held.request_id}/resolve`, { resolution: 'approved' })
    expect((await rival()).body).toMatchObject({ result: 'blocked', blocked_by: 'credential' })
    expect((await service.ask(EVALUATE, refund(900))).body).toMatchObject({ allowed: true, already_permitted: false })
    expect((await rival()).body).toMatchObject({ result: 'blocked', blocked_by: 'credential' })
  })

  it('goes to one of several credentials that ask at the same moment, whatever their keys of idempotency', async () => {
    await using service = serve({ keys: KEYS })
    const asks = Array.from({ length: 20 }, (_, index) =>
      service.ask(EVALUATE, refund(50), {
        key: index % 2 === 0 ? KEYS[0].key : ANOTHER.key,
        ...(index % 3 === 0 ? { headers: { 'idempotency-key': `same-${index % 2}` } } : {}),
      }),
    )
    const allowed = (await Promise.all(asks)).map(({ body }) => body.allowed as boolean)
    const [one, other] = [0, 1].map(parity => allowed.filter((_, index) => index % 2 === parity))
    expect([new Set(one).size, new Set(other).size]).toEqual([1, 1])
    expect(one?.[0]).not.toBe(other?.[0])
  })

  it('stays with a key that was rotated: its successor may ask again, and is answered under the same idempotency key', async () => {
    await using service = serve({ keys: KEYS })
    const made = (await service.boss('POST /api-keys', { label: 'bot two' })).body
    const sending = { headers: { 'idempotency-key': 'once' } }
    const first = (await service.ask(EVALUATE, refund(50), { ...sending, key: made.key })).body
    const { key } = (await service.boss(`POST /api-keys/${made.key_id}/rotate`)).body
    const replayed = await service.ask(EVALUATE, refund(50), { ...sending, key })
    expect(replayed.headers.get('idempotency-replayed')).toBe('true')
    expect(replayed.body).toEqual(first)
    expect((await service.ask(EVALUATE, refund(50), { key })).body).toMatchObject({ already_permitted: true })
  })

  it('stays with its credential in a file, also where another server has opened it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'credentials-'))
    const path = join(directory, 'decisions.db')
    const asking = async (key: string, value: number, call: string) => {
      await using service = serve({ keys: KEYS, store: sqliteStore(path) })
      return (await service.ask(EVALUATE, refund(value, call), { key })).body
    }
    expect(await asking(KEYS[0].key, 50, 'c-1')).toMatchObject({ allowed: true })
    expect(await asking(KEYS[0].key, 900, 'c-2')).toMatchObject({ result: 'requires_approval' })
    expect(await asking(ANOTHER.key, 50, 'c-1')).toMatchObject({ allowed: false, blocked_by: 'credential' })
    expect(await asking(ANOTHER.key, 900, 'c-2')).toMatchObject({ allowed: false, blocked_by: 'credential' })
    expect(await asking(KEYS[0].key, 50, 'c-1')).toMatchObject({ allowed: true, already_permitted: true })
    rmSync(directory, { recursive: true })
  })

  it('names the credential in the record of the decision, and in what the audit log seals', async () => {
    const store = memoryStore()
    await using service = serve({ keys: KEYS, store, audit: {} })
    const { request_id: id } = (await service.ask(EVALUATE, refund(50))).body
    const { askedBy } = (await service.server.governor.decisions.get(id)) ?? {}
    expect(askedBy).toMatch(/^key_/)
    const entries = []
    for await (const entry of service.server.governor.audit.export()) entries.push(entry)
    expect(JSON.stringify(entries)).toContain(askedBy)
    expect(await service.server.governor.audit.verify()).toMatchObject({ ok: true })
  })
})

describe('whoever asked', () => {
  const ask = async (service: Served, key: string): Promise<string> =>
    (await service.ask(EVALUATE, refund(900, 'c-1', { actor: 'somebody' }), { key })).body.request_id
  const resolve = (service: Served, id: string, key: string) =>
    service.ask(`POST /approvals/${id}/resolve`, { resolution: 'approved' }, { key })

  it('does not answer, whatever name stands in the call', async () => {
    await using service = serve({ keys: KEYS })
    const id = await ask(service, 'eve-key-of-the-tests')
    const refused = await resolve(service, id, 'eve-key-of-the-tests')
    expect(refused).toMatchObject({ status: 403, body: { detail: { code: 'not_permitted' } } })
    expect(refused.body.detail.message).toContain('the credential that asked')
    expect((await resolve(service, id, 'approver-key-of-the-tests')).status).toBe(200)
  })

  it('does not answer with a key that it made, nor with one that such a key made', async () => {
    await using service = serve({ keys: KEYS })
    const scopes = ['approvals:write', 'api_keys:write', 'approvals:read', 'actions:write']
    const child = (await service.ask('POST /api-keys', { label: 'x', scopes }, { key: 'eve-key-of-the-tests' })).body
    const grandchild = (await service.ask('POST /api-keys', { label: 'y', scopes }, { key: child.key })).body
    const id = await ask(service, 'eve-key-of-the-tests')
    expect((await resolve(service, id, child.key)).status).toBe(403)
    expect((await resolve(service, id, grandchild.key)).status).toBe(403)
    const others = await ask(service, child.key)
    expect((await resolve(service, others, grandchild.key)).status).toBe(403)
  })

  it('does not answer with the successor of its key, nor with a key of somebody else that it rotated', async () => {
    await using service = serve({ keys: KEYS })
    const role = { label: 'fay', scopes: ['approvals:write', 'api_keys:write', 'actions:write'] }
    const fay = (await service.boss('POST /api-keys', role)).body
    const gil = (await service.boss('POST /api-keys', { ...role, label: 'gil' })).body
    const id = await ask(service, fay.key)
    const taken = (await service.ask(`POST /api-keys/${gil.key_id}/rotate`, undefined, { key: fay.key })).body
    expect((await resolve(service, id, taken.key)).status).toBe(403)
    const successor = (await service.boss(`POST /api-keys/${fay.key_id}/rotate`)).body
    expect((await resolve(service, id, successor.key)).status).toBe(403)
  })

  it('is answered by whoever made its key: that is how agents get theirs', async () => {
    await using service = serve({ keys: KEYS })
    const bot = (await service.boss('POST /api-keys', { label: 'bot two' })).body
    expect((await resolve(service, await ask(service, bot.key), 'approver-key-of-the-tests')).status).toBe(200)
  })
})

describe('two answers to one request at the same moment', () => {
  const twice = async (service: Served, second: string) => {
    const { request_id: id } = (await service.ask(EVALUATE, refund(900, `c-${second}`))).body
    const answers = await Promise.all(
      ['approver-key-of-the-tests', second].map(key =>
        service.ask(`POST /approvals/${id}/resolve`, { resolution: 'approved' }, { key }),
      ),
    )
    const { votes = [] } =
      (await service.server.governor.approvals.list()).find(({ decisionId }) => decisionId === id) ?? {}
    return { answers, votes: votes.length }
  }

  it('are one: somebody else who says the same is told that it was answered before', async () => {
    await using service = serve({ keys: KEYS })
    const { answers, votes } = await twice(service, 'eve-key-of-the-tests')
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409'])
    expect(votes).toBe(1)
  })

  it('are one where the same person says the same, and the later one is told what holds, and that it was said before', async () => {
    await using service = serve({ keys: KEYS })
    const { answers, votes } = await twice(service, 'approver-key-of-the-tests')
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(1)
    expect(votes).toBe(1)
  })
})

describe('a key that a key makes', () => {
  const limited = async (service: Served, limits: object) =>
    (
      await service.boss('POST /api-keys', {
        label: 'limited',
        scopes: ['api_keys:write', 'api_keys:read', 'approvals:read'],
        ...limits,
      })
    ).body
  const make = (service: Served, key: string, body: object) =>
    service.ask('POST /api-keys', { scopes: ['approvals:read'], ...body }, { key })

  it('ends no later than the one that made it, whatever it asks for, and so does what replaces another', async () => {
    await using service = serve({ keys: KEYS })
    const maker = await limited(service, { expires_in_days: 2 })
    expect((await make(service, maker.key, {})).body.expires_at).toBe(maker.expires_at)
    expect((await make(service, maker.key, { expires_in_days: 3650 })).body.expires_at).toBe(maker.expires_at)
    const shorter = (await make(service, maker.key, { expires_in_days: 1 })).body
    expect(Date.parse(shorter.expires_at)).toBe(service.clock.now() + DAY_MS)
    const endless = (await service.boss('POST /api-keys', { scopes: ['approvals:read'] })).body
    const replaced = await service.ask(`POST /api-keys/${endless.key_id}/rotate`, undefined, { key: maker.key })
    expect(replaced.body.expires_at).toBe(maker.expires_at)
    const own = await service.ask(`POST /api-keys/${maker.key_id}/rotate`, undefined, { key: maker.key })
    expect(own.body.expires_at).toBe(maker.expires_at)
  })

  it('may ask no more often, and be used from nowhere else', async () => {
    await using service = serve({ keys: KEYS })
    const maker = await service.server.keys.create({
      scopes: ['api_keys:write'],
      addresses: ['10.1.0.0/16', '::1'],
      ratePerMinute: 100,
    })
    const principal = (await service.server.keys.find(maker.secret)) ?? expect.fail('no key')
    const made = async (key: object) =>
      (await service.server.keys.create({ scopes: ['api_keys:write'], ...key }, principal)).record
    expect(await made({})).toMatchObject({ addresses: ['10.1.0.0/16', '::1'], ratePerMinute: 100 })
    expect(await made({ addresses: [], ratePerMinute: 9 })).toMatchObject({
      addresses: ['10.1.0.0/16', '::1'],
      ratePerMinute: 9,
    })
    expect(await made({ addresses: ['10.1.2.0/24', '10.1.2.3', '::1'], ratePerMinute: 101 })).toMatchObject({
      addresses: ['10.1.2.0/24', '10.1.2.3', '::1'],
      ratePerMinute: 100,
    })
    for (const outside of ['10.0.0.0/8', '10.2.0.1', '::/0', '0.0.0.0/0', '::ffff:10.2.0.1']) {
      await expect(made({ addresses: [outside] }), outside).rejects.toMatchObject({
        status: 403,
        detail: { code: 'address_beyond_maker' },
      })
    }
    const open = await service.server.keys.create({ scopes: ['api_keys:write'] })
    const rotated = await service.server.keys.rotate(open.id, { by: 'x', maker: principal })
    expect(rotated.record.addresses).toEqual(['10.1.0.0/16', '::1'])
  })

  it('is good for nothing more, also where it names nothing', async () => {
    await using service = serve({ keys: KEYS })
    const maker = await limited(service, {})
    for (const scopes of [[], null, ['rules:write']]) {
      expect(await make(service, maker.key, { scopes }), JSON.stringify(scopes)).toMatchObject({
        status: 403,
        body: { detail: { code: 'insufficient_scope' } },
      })
    }
  })

  it('ends with the one that made it, and so does what it made; unless it is said to stay', async () => {
    await using service = serve({ keys: KEYS })
    const family = async () => {
      const maker = await limited(service, {})
      const child = (await make(service, maker.key, { scopes: ['api_keys:write', 'approvals:read'] })).body
      return [maker, child, (await make(service, child.key, {})).body] as const
    }
    const statuses = (...keys: readonly any[]) =>
      Promise.all(keys.map(async ({ key }) => (await service.ask('GET /approvals', undefined, { key })).status))
    const [maker, child, grandchild] = await family()
    const successor = (await service.boss(`POST /api-keys/${maker.key_id}/rotate`)).body
    expect(await statuses(maker, successor, child, grandchild)).toEqual([401, 200, 200, 200])
    await service.boss(`DELETE /api-keys/${successor.key_id}`, { reason: 'lost' })
    expect(await statuses(successor, child, grandchild)).toEqual([401, 401, 401])
    const [other, kept, keptToo] = await family()
    await service.boss(`DELETE /api-keys/${other.key_id}`, { keep_made: true })
    expect(await statuses(other, kept, keptToo)).toEqual([401, 200, 200])
    expect((await service.boss(`DELETE /api-keys/${kept.key_id}`, { keep_made: 'perhaps' })).status).toBe(422)
  })

  it('is not made by one that ends at the same moment', async () => {
    const store = memoryStore()
    for (let round = 0; round < 20; round++) {
      await using here = serve({ keys: KEYS, store })
      await using there = serve({ keys: KEYS, store, clock: here.clock })
      const maker = await limited(here, {})
      await there.ask('GET /approvals', undefined, { key: maker.key })
      const [made] = await Promise.all([make(there, maker.key, {}), here.boss(`DELETE /api-keys/${maker.key_id}`)])
      here.clock.advance(1000)
      const child = made.body.key ?? 'was-never-made-at-all'
      expect((await there.ask('GET /approvals', undefined, { key: child })).status).toBe(401)
    }
  })
})

describe('wrong keys', () => {
  const from = (service: Served, remoteAddress: string, key: string, path = '/approvals') =>
    service.server.app.request(path, { headers: { 'x-api-key': key } }, { incoming: { socket: { remoteAddress } } })

  it('are refused after so many from one address, and then no key is told right from wrong for a while', async () => {
    await using service = serve({ keys: KEYS, maxWrongKeysPerMinute: 5 })
    const statuses = []
    for (let guess = 0; guess < 7; guess++) statuses.push((await from(service, '10.0.0.1', `guess-${guess}`)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
    const right = await from(service, '10.0.0.1', KEYS[0].key)
    expect([right.status, right.headers.get('retry-after')]).toEqual([429, '12'])
    expect((await from(service, '10.0.0.2', KEYS[0].key)).status).toBe(200)
    service.clock.advance(12_000)
    expect((await from(service, '10.0.0.1', KEYS[0].key)).status).toBe(200)
  })

  it('are not even looked up from where too many came and none was ever good', async () => {
    let lookUps = 0
    const keys = { find: () => void lookUps++ }
    const guarded = new GuardedKeys(keys, 3, testClock())
    for (let guess = 0; guess < 100; guess++) await guarded.find(`${guess}`, '10.0.0.1').catch(() => undefined)
    expect(lookUps).toBe(3)
  })

  it('lock nobody out who was there before', async () => {
    await using service = serve({ keys: KEYS, maxWrongKeysPerMinute: 2 })
    expect((await from(service, '10.0.0.1', KEYS[0].key)).status).toBe(200)
    for (let guess = 0; guess < 9; guess++) await from(service, '10.0.0.1', `guess-${guess}`)
    expect((await from(service, '10.0.0.1', KEYS[0].key)).status).toBe(200)
    expect((await from(service, '10.0.0.1', KEYS[1].key)).status).toBe(429)
  })

  it('are counted where keys are validated, where no key is needed, and where people sign in', async () => {
    await using service = serve({ keys: KEYS, maxWrongKeysPerMinute: 2 })
    const validate = async (key: string) =>
      (await from(service, '10.0.0.3', 'guess', `/api-keys/validate?api_key=${key}`)).status
    expect([await validate('a'), await validate('b'), await validate(KEYS[1].key)]).toEqual([200, 429, 429])
    const signIn = (key: string) =>
      service.server.app.request(
        'http://localhost/inbox/sign-in',
        {
          method: 'POST',
          headers: {
            host: 'localhost',
            origin: 'http://localhost',
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: new URLSearchParams({ key }).toString(),
        },
        { incoming: { socket: { remoteAddress: '10.0.0.4' } } },
      )
    const statuses = []
    for (let guess = 0; guess < 62; guess++) statuses.push((await signIn(`guess-${guess}`)).status)
    expect([statuses[0], statuses[59], statuses[60]]).toEqual([401, 401, 429])
    const right = await signIn(KEYS[1].key)
    expect([right.status, Number(right.headers.get('retry-after')) > 0]).toEqual([429, true])
  })

  it('of one IPv6 network count together, and those of others do not', async () => {
    const guarded = new GuardedKeys({ find: () => undefined }, 2, testClock())
    const find = (address: string) =>
      guarded.find('x', address).then(
        () => 'wrong',
        ({ status }) => status as number,
      )
    expect(await find('2001:db8:1:2::1')).toBe('wrong')
    expect(await find('2001:0db8:1:2:ffff::2')).toBe('wrong')
    expect(await find('2001:db8:1:2:3:4:5:6')).toBe(429)
    expect(await find('2001:db8:1:3::1')).toBe('wrong')
    expect([await find('10.0.0.9'), await find('::ffff:10.0.0.9'), await find('10.0.0.9')]).toEqual([
      'wrong',
      'wrong',
      429,
    ])
  })

  it('are not counted where nobody wants that', async () => {
    const guarded = new GuardedKeys({ find: () => undefined }, Infinity, testClock())
    for (let guess = 0; guess < 1000; guess++) expect(await guarded.find('x', '10.0.0.1')).toBeUndefined()
  })
})

describe('a key that somebody chose', () => {
  it('is refused where it is empty, with what to do', () => {
    const begin = () => createDecisionServer({ store: memoryStore(), keys: [{ key: '', role: 'agent' }] })
    expect(begin).toThrow(/Option `keys\[0\]\.key`: expected a text that is not empty.*openssl rand/)
  })

  it.each(['', 'short', 'fifteen-letters', 'a'.repeat(64), 'abababababababab', 'AaAaBbBbCcCcDdDdEe'])(
    'is called weak where it can be guessed (%j), without being told',
    key => {
      expect(keyWeakness(key)).toMatch(/^expected 16 characters or more, 8 of them different/)
      if (key !== '') expect(keyWeakness(key)).not.toContain(key)
    },
  )

  it('is not where it is long and mixed', () => {
    expect(keyWeakness('0123456789abcdef')).toBeUndefined()
    expect(keyWeakness(undefined)).toBeDefined()
  })
})
