import { type DocumentStore, memoryStore } from 'countersign'
import type { DecisionServer } from 'countersign/server'
import { fakeClock } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { scopeOf, SCOPES } from '../../adapters/server/auth/scopes.ts'
import { addressProblem, isListed } from '../../adapters/server/auth/addresses.ts'
import * as accounts from '../../src/service/protocol/routes/accounts.ts'
import * as actions from '../../src/service/protocol/routes/actions.ts'
import * as approvals from '../../src/service/protocol/routes/approvals.ts'
import * as background from '../../src/service/protocol/routes/background.ts'
import * as cases from '../../src/service/protocol/routes/cases.ts'
import * as killSwitch from '../../src/service/protocol/routes/kill-switch.ts'
import * as knowledge from '../../src/service/protocol/routes/knowledge.ts'
import * as memory from '../../src/service/protocol/routes/memory.ts'
import * as outcomes from '../../src/service/protocol/routes/outcomes.ts'
import * as rules from '../../src/service/protocol/routes/rules.ts'
import * as webhooks from '../../src/service/protocol/routes/webhooks.ts'
import { ask, serve } from './asking.ts'
import type { Route, RouteName, Routes } from '../../src/service/protocol/route.ts'

const made = async (server: DecisionServer, body: unknown = {}) => (await ask(server, 'POST /api-keys', { body })).body

describe('api keys', () => {
  it('are credentials from the moment they are made, until they are revoked', async () => {
    await using server = serve()
    const { key, key_id: id, ...rest } = await made(server, { label: 'bot' })
    expect(key).toMatch(/^bhk_[\w-]{43}$/)
    expect(rest).toMatchObject({ label: 'bot', role: 'agent', key_prefix: key.slice(0, 12), created_by: 'dana' })
    expect((await ask(server, 'GET /approvals', { as: key })).status).toBe(200)
    const revoked = await ask(server, `DELETE /api-keys/${id}`, { body: { reason: 'lost' } })
    expect(revoked.body).toMatchObject({ success: true, revoked: true, revoked_by: 'dana', revoked_reason: 'lost' })
    expect((await ask(server, 'GET /approvals', { as: key })).status).toBe(401)
    expect((await ask(server, `DELETE /api-keys/${id}`)).body).toMatchObject({ revoked: true, revoked_reason: 'lost' })
  })

  it('are kept as digests: no answer but the first, and nothing in the store, holds a secret', async () => {
    const store = memoryStore()
    await using server = serve({ store })
    const { key, key_id: id } = await made(server)
    const kept = await store.listDocuments({ kind: 'api-key' }, 0)
    expect(kept).toHaveLength(1)
    const listed = await ask(server, 'GET /api-keys?include_revoked=true')
    const validated = await ask(server, `GET /api-keys/validate?api_key=${key}`)
    const revoked = await ask(server, `DELETE /api-keys/${id}`)
    for (const shown of [kept, listed.body, validated.body, revoked.body]) {
      expect(JSON.stringify(shown)).not.toContain(key.slice(12))
    }
  })

  it('of agents never resolve, change rules, make keys or switch off, whatever they ask for', async () => {
    await using server = serve()
    const refused = await ask(server, 'POST /api-keys', { as: 'agent-secret-of-the-tests', body: {} })
    expect(refused.status).toBe(403)
    const { key } = await made(server)
    for (const route of [
      'POST /rules',
      'PATCH /rules/x',
      'POST /approvals/x/resolve',
      'POST /api-keys',
      'DELETE /api-keys/x',
      'POST /api-keys/x/rotate',
      'POST /kill-switch/deactivate/switch_global',
      'POST /rules/x/apply_patch',
      'DELETE /rules/x',
      'POST /rules/x/pause',
      'POST /rules/admin/idempotency/purge',
    ]) {
      expect((await ask(server, route, { as: key, body: {} })).status, route).toBe(403)
    }
    await expect(server.keys.create({ role: 'agent', scopes: ['approvals:write'] })).rejects.toMatchObject({
      status: 422,
      detail: [{ loc: ['body', 'scopes', 0] }],
    })
  })

  it('are good for what they name, and for nothing else', async () => {
    await using server = serve()
    const { key, role, scopes } = await made(server, { scopes: ['approvals:write', 'rules:read'] })
    expect({ role, scopes }).toEqual({ role: 'approver', scopes: ['approvals:write', 'rules:read'] })
    expect((await ask(server, 'POST /approvals/x/resolve', { as: key, body: { resolution: 'approved' } })).status).toBe(
      404,
    )
    const other = await ask(server, 'GET /api-keys', { as: key })
    expect(other).toMatchObject({ status: 403, body: { detail: { code: 'insufficient_scope' } } })
  })

  it('give no more than they are good for, neither new nor in the place of another', async () => {
    await using server = serve()
    const { key } = await made(server, { scopes: ['api_keys:write', 'rules:read'] })
    const more = await ask(server, 'POST /api-keys', { as: key, body: { scopes: ['rules:read', 'approvals:write'] } })
    expect(more).toMatchObject({ status: 403, body: { detail: { code: 'insufficient_scope' } } })
    expect((await ask(server, 'POST /api-keys', { as: key, body: { scopes: ['rules:read'] } })).status).toBe(200)
    const { key_id: mighty } = await made(server, { scopes: ['approvals:write'] })
    expect((await ask(server, `POST /api-keys/${mighty}/rotate`, { as: key })).status).toBe(403)
  })

  it('sign people in where they are good for all that can be done there', async () => {
    await using server = serve()
    const find = async (key: object) => server.keys.forPeople().find((await server.keys.create(key)).secret)
    expect(await find({ role: 'approver', label: 'dana' })).toMatchObject({ name: 'dana', role: 'approver' })
    expect(await find({ scopes: ['approvals:write', 'kill_switch:off'] })).toMatchObject({ role: 'approver' })
    expect(await find({ scopes: ['rules:write'] })).toBeUndefined()
    expect(await find({ role: 'approver', addresses: ['10.0.0.1'] })).toBeUndefined()
  })

  it('are refused with unknown scopes, addresses and rates, saying where', async () => {
    await using server = serve()
    const wrong = [
      [{ scopes: ['rules:read', 'everything'] }, ['body', 'scopes', 1]],
      [{ ip_whitelist: ['10.0.0.0/8', '10.0.0.0/40'] }, ['body', 'ip_whitelist', 1]],
      [{ rate_limit_per_minute: 0 }, ['body', 'rate_limit_per_minute']],
      [{ expires_in_days: 0 }, ['body', 'expires_in_days']],
      [{ label: '' }, ['body', 'label']],
      [{ lable: 'x' }, ['body', 'lable']],
    ] as const
    for (const [body, loc] of wrong) {
      const { status, body: answer } = await ask(server, 'POST /api-keys', { body })
      expect(status).toBe(422)
      expect(answer.detail[0].loc).toEqual(loc)
    }
  })

  it('end when their time is over', async () => {
    const clock = fakeClock()
    await using server = serve({ clock })
    const { key, expires_at: expiresAt } = await made(server, { expires_in_days: 1 })
    expect(expiresAt).toBe(new Date(clock.now() + 86_400_000).toISOString())
    clock.advance(86_399_999)
    expect((await ask(server, 'GET /approvals', { as: key })).status).toBe(200)
    clock.advance(1)
    expect((await ask(server, 'GET /approvals', { as: key })).status).toBe(401)
  })

  it('are rotated: the new secret holds at once, the old one ends, and all else stays', async () => {
    await using server = serve()
    const before = await made(server, { label: 'bot', scopes: ['rules:read'], rate_limit_per_minute: 9 })
    const after = (await ask(server, `POST /api-keys/${before.key_id}/rotate`)).body
    expect(after).toMatchObject({ label: 'bot', scopes: ['rules:read'], rate_limit_per_minute: 9 })
    expect((await ask(server, 'GET /rules', { as: before.key })).status).toBe(401)
    expect((await ask(server, 'GET /rules', { as: after.key })).status).not.toBe(401)
    const listed = await ask(server, 'GET /api-keys?include_revoked=true')
    expect(listed.body.keys.find((key: any) => key.key_id === before.key_id)).toMatchObject({
      revoked: true,
      replaced_by: after.key_id,
    })
    expect((await ask(server, `POST /api-keys/${before.key_id}/rotate`)).status).toBe(409)
  })

  it('rotated at once by several give one new key', async () => {
    await using server = serve()
    const { key_id: id } = await made(server)
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(server, `POST /api-keys/${id}/rotate`)))
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409', '409', '409'])
    expect((await ask(server, 'GET /api-keys')).body.keys).toHaveLength(1)
  })

  it('revoked in another process end within a second', async () => {
    const clock = fakeClock()
    const store = memoryStore()
    await using here = serve({ store, clock })
    await using there = serve({ store, clock })
    const { key, key_id: id } = await made(here)
    expect((await ask(there, 'GET /approvals', { as: key })).status).toBe(200)
    await ask(here, `DELETE /api-keys/${id}`)
    expect((await ask(here, 'GET /approvals', { as: key })).status).toBe(401)
    clock.advance(1000)
    expect((await ask(there, 'GET /approvals', { as: key })).status).toBe(401)
  })

  it('are looked up once in a second, however many requests come', async () => {
    const clock = fakeClock()
    const store = memoryStore()
    let reads = 0
    const counting: DocumentStore = {
      ...store,
      listDocuments: (filter, at) => {
        if (filter.kind === 'api-key') reads++
        return store.listDocuments(filter, at)
      },
    }
    await using server = serve({ store: counting, clock })
    const { key } = await made(server)
    for (let request = 0; request < 50; request++) await ask(server, 'GET /approvals', { as: key })
    expect(reads).toBe(1)
    clock.advance(1000)
    await ask(server, 'GET /approvals', { as: key })
    expect(reads).toBe(2)
  })

  it('may make so many requests in a minute, and are told when there is room again', async () => {
    const clock = fakeClock()
    await using server = serve({ clock })
    const { key } = await made(server, { rate_limit_per_minute: 2 })
    const statuses = []
    for (let request = 0; request < 3; request++)
      statuses.push((await ask(server, 'GET /approvals', { as: key })).status)
    expect(statuses).toEqual([200, 200, 429])
    const refused = await ask(server, 'GET /approvals', { as: key })
    expect(refused.headers.get('retry-after')).toBe('30')
    clock.advance(30_000)
    expect((await ask(server, 'GET /approvals', { as: key })).status).toBe(200)
    expect((await ask(server, 'GET /approvals', { as: key })).status).toBe(429)
  })

  it('with addresses are good from there alone; nowhere, where the runtime does not tell the address', async () => {
    await using server = serve()
    const { key } = await made(server, { ip_whitelist: ['10.1.0.0/16', '::1'] })
    const from = (remoteAddress?: string) => ({ as: key, env: { incoming: { socket: { remoteAddress } } } })
    expect((await ask(server, 'GET /approvals', from('10.1.2.3'))).status).toBe(200)
    expect((await ask(server, 'GET /approvals', from('::ffff:10.1.2.3'))).status).toBe(200)
    expect((await ask(server, 'GET /approvals', from('::1'))).status).toBe(200)
    expect((await ask(server, 'GET /approvals', from('10.2.2.3'))).status).toBe(403)
    expect((await ask(server, 'GET /approvals', from())).status).toBe(403)
    expect((await ask(server, 'GET /approvals', { as: key })).status).toBe(403)
  })

  it('belong to the tenant of the approver who made them', async () => {
    await using server = serve()
    const { key, key_id: id } = (await ask(server, 'POST /api-keys', { as: 'other-secret-of-the-tests', body: {} }))
      .body
    expect((await ask(server, 'GET /api-keys')).body).toEqual({ count: 0, keys: [] })
    expect((await ask(server, `DELETE /api-keys/${id}`)).status).toBe(404)
    expect((await ask(server, `POST /api-keys/${id}/rotate`)).status).toBe(404)
    expect((await ask(server, 'GET /api-keys', { as: key })).body.keys).toMatchObject([{ key_id: id }])
  })

  it('are validated without a credential, in one form whatever the answer', async () => {
    await using server = serve()
    const { key, key_id: id } = await made(server, { scopes: ['rules:read'] })
    const good = (await ask(server, `GET /api-keys/validate?api_key=${key}`, { as: '' })).body
    const bad = (await ask(server, 'GET /api-keys/validate?api_key=bhk_nonsense', { as: '' })).body
    expect(good).toMatchObject({ valid: true, key_id: id, scopes: ['rules:read'] })
    expect(bad).toMatchObject({ valid: false, key_id: null, scopes: [] })
    expect(Object.keys(bad)).toEqual(Object.keys(good))
  })

  it('note when they were used, once a minute at most, in the way of nothing', async () => {
    const clock = fakeClock()
    const store = memoryStore()
    await using server = serve({ store, clock })
    const { key, key_id: id } = await made(server)
    const revision = async () => (await store.getDocument({ kind: 'api-key', id }, clock.now()))?.revision
    for (let second = 0; second < 60; second++) {
      await ask(server, 'GET /approvals', { as: key })
      clock.advance(1000)
    }
    expect(await revision()).toBe(2)
    const usedAt = new Date(clock.now()).toISOString()
    await ask(server, 'GET /approvals', { as: key })
    expect(await revision()).toBe(3)
    expect((await ask(server, 'GET /api-keys')).body.keys).toMatchObject([{ last_used_at: usedAt }])
    expect((await ask(server, `DELETE /api-keys/${id}`)).status).toBe(200)
  })

  it('need a store that keeps documents', () => {
    const { listDocuments: _listDocuments, ...store } = memoryStore()
    expect(() => serve({ store: store as never })).toThrow('Option `store`: expected a store that keeps documents')
  })

  it('are made before the first request by whoever runs the service', async () => {
    await using server = serve({ keys: [] })
    const { secret } = await server.keys.create({ label: 'admin', role: 'approver' })
    expect((await ask(server, 'POST /api-keys', { as: secret, body: {} })).status).toBe(200)
  })

  it('stand in for accounts: sign-up, passwords and sessions are told what to do instead', async () => {
    await using server = serve()
    const account = { email: 'a@b.c', password: 'hunter2' }
    for (const route of ['POST /auth/signup', 'POST /auth/login']) {
      const { status, body } = await ask(server, route, { as: '', body: account })
      expect([status, body.detail.message]).toEqual([501, expect.stringContaining('POST /api-keys')])
      expect(JSON.stringify(body)).not.toContain('hunter2')
    }
    const session = { refresh_token: 'r' }
    expect((await ask(server, 'POST /auth/refresh', { as: '', body: session })).status).toBe(501)
    expect((await ask(server, 'POST /auth/logout', { as: '', body: session })).status).toBe(501)
  })
})

describe('scopes', () => {
  const tables: readonly object[] = [accounts, actions, approvals, background, cases, killSwitch, knowledge]
  const routes = [...tables, memory, outcomes, rules, webhooks]
    .flatMap(module => Object.values(module) as Routes[])
    .flatMap(table => Object.entries<Route>(table) as [RouteName, Route][])

  it('are there for every route that needs a credential, and one that an approver must ask is in no scope of agents', () => {
    expect(routes).toHaveLength(127)
    for (const [route, { access }] of routes) {
      const scope = scopeOf({ route, ...(access === undefined ? {} : { access }) })
      if (access === 'anyone') expect(scope, route).toBeUndefined()
      else expect(SCOPES.approver, route).toContain(scope)
      expect(SCOPES.agent.includes(scope as never), route).toBe(access === undefined)
    }
  })

  it('are each good for something', () => {
    const used = new Set(routes.map(([route, { access }]) => scopeOf({ route, ...(access && { access }) })))
    expect(SCOPES.approver.filter(scope => !used.has(scope))).toEqual([])
  })
})

describe('addresses', () => {
  it('are told from what is none', () => {
    expect(['10.0.0.1', '10.0.0.0/8', '::1', 'fe80::/10'].map(addressProblem)).toEqual(Array(4).fill(undefined))
    for (const wrong of ['', 'host', '10.0.0.0/33', '10.0.0.0/8/8', '::/129', '10.0.0.0/-1']) {
      expect(addressProblem(wrong), wrong).toBeDefined()
    }
    expect(isListed('not an address', ['0.0.0.0/0'])).toBe(false)
  })
})
