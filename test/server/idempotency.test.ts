import { History } from '../../adapters/server/past/history.js'
import { SessionHealth } from '../../adapters/server/session-health.js'
import { ChangeLog } from '../../adapters/server/audit/changes.js'
import { purgeIdempotency } from '../../adapters/server/idempotency/purge.js'
import { type DocumentStore, GovernanceError, memoryStore, systemClock } from 'countersign'
import { describe, expect, it } from 'vitest'
import { serve } from './support.js'

const keyed = (key: string) => ({ headers: { 'idempotency-key': key } })
const mail = { action: 'mail', context: { session_id: 's' } }
const DAY_MS = 86_400_000

describe('a request with an idempotency key', () => {
  it('that asks about an action is decided once, at once or one after the other', async () => {
    await using service = serve()
    const ask = () => service.ask('POST /actions/evaluate', mail, keyed('k'))
    const answers = await Promise.all([ask(), ask(), ask(), ask()])
    const again = await ask()
    expect(new Set([...answers, again].map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await service.server.governor.decisions.list()).toHaveLength(1)
  })

  it('permits a call that was approved once, though it comes at once under several keys, or several times in a batch', async () => {
    await using service = serve()
    const approved = async (call_id: string) => {
      const refund = { action: 'refund', value: 900, context: { session_id: 's', call_id } }
      const held = await service.ask('POST /actions/evaluate', refund)
      await service.boss(`POST /approvals/${held.body.request_id}/resolve`, { resolution: 'approved' })
      return refund
    }
    const permitted = (answers: readonly { result: string; already_permitted: boolean }[]) =>
      answers
        .map(({ result, already_permitted: already }) => [result, already])
        .toSorted((a, b) => Number(a[1]) - Number(b[1]))
    const once = [
      ['allowed', false],
      ['allowed', true],
      ['allowed', true],
    ]
    const one = await approved('c1')
    const keys = ['k1', 'k2', 'k3']
    const asked = () => Promise.all(keys.map(key => service.ask('POST /actions/evaluate', one, keyed(key))))
    const first = (await asked()).map(({ body }) => body)
    expect(permitted(first)).toEqual(once)
    // And whoever asks again under a key has the answer that was given under it.
    expect((await asked()).map(({ body }) => body)).toEqual(first)
    const other = await approved('c2')
    const batch = { actions: [other, other, other] }
    expect(permitted((await service.ask('POST /actions/evaluate/batch', batch, keyed('b'))).body)).toEqual(once)
  })

  it('is answered as it was, whatever has become of it since', async () => {
    await using service = serve()
    const refund = { action: 'refund', value: 900, context: { session_id: 's', call_id: 'c' } }
    const held = await service.ask('POST /actions/evaluate', refund, keyed('k'))
    await service.boss(`POST /approvals/${held.body.request_id}/resolve`, { resolution: 'approved' })
    expect((await service.ask('POST /actions/evaluate', refund, keyed('k'))).body).toEqual(held.body)
    expect((await service.ask('POST /actions/evaluate', refund, keyed('k2'))).body).toMatchObject({ allowed: true })
  })

  it('is refused with another body, and kept apart from those of other paths and credentials', async () => {
    await using service = serve()
    await service.ask('POST /actions/evaluate', mail, keyed('k'))
    const other = await service.ask('POST /actions/evaluate', { ...mail, value: 2 }, keyed('k'))
    expect(other).toMatchObject({ status: 409, body: { detail: { code: 'idempotency_key_reused' } } })
    expect((await service.ask('POST /actions/submit', { action: 'x' }, keyed('k'))).status).toBe(200)
    expect(
      (
        await service.ask(
          'POST /actions/evaluate',
          { action: 'y' },
          { ...keyed('k'), key: 'approver-key-of-the-tests' },
        )
      ).status,
    ).toBe(200)
  })

  it('reports an outcome once, and batches are answered alike', async () => {
    await using service = serve()
    const { body } = await service.ask('POST /actions/evaluate', mail)
    const report = { request_id: body.request_id, status: 'SUCCESS' }
    const first = await service.ask('POST /outcomes/report', report, keyed('o'))
    const second = await service.ask('POST /outcomes/report', report, keyed('o'))
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect((await service.server.governor.decisions.get(body.request_id))?.outcomes).toHaveLength(1)
    const batch = { actions: [mail, { action: 'drop' }] }
    const one = await service.ask('POST /actions/evaluate/batch', batch, keyed('b'))
    const two = await service.ask('POST /actions/evaluate/batch', batch, keyed('b'))
    expect(two.body).toEqual(one.body)
  })

  it('is served by one of several at once; the others are told to wait', async () => {
    await using service = serve()
    const { body } = await service.ask('POST /actions/evaluate', mail)
    const report = { request_id: body.request_id, status: 'SUCCESS' }
    const ask = () => service.ask('POST /outcomes/report', report, keyed('o'))
    const statuses = (await Promise.all([ask(), ask(), ask()])).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 409, 409])
    expect((await ask()).status).toBe(200)
    expect((await service.server.governor.decisions.get(body.request_id))?.outcomes).toHaveLength(1)
  })

  it('is not remembered where it was refused, nor after a day', async () => {
    await using service = serve()
    const report = (request_id: string) =>
      service.ask('POST /outcomes/report', { request_id, status: 'SUCCESS' }, keyed('o'))
    expect((await report('nothing')).status).toBe(404)
    const { body } = await service.ask('POST /actions/evaluate', mail)
    expect((await report(body.request_id)).status).toBe(200)
    service.clock.advance(DAY_MS + 1)
    expect((await report(body.request_id)).headers.get('idempotency-replayed')).toBeNull()
  })

  it('must have a key that is one', async () => {
    await using service = serve()
    const answer = await service.ask('POST /actions/evaluate', mail, keyed('k'.repeat(256)))
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['header', 'idempotency-key'] }] } })
  })

  it('can be forgotten', async () => {
    const store = memoryStore()
    await using service = serve({ store })
    for (const key of ['1', '2', '3']) await service.ask('POST /actions/evaluate', { action: 'x' }, keyed(key))
    const { governor } = service.server
    const clock = service.clock ?? systemClock
    const changes = new ChangeLog(false)
    const sessions = new SessionHealth({ store, clock, tenant: undefined })
    const history = new History({ store, clock, meanings: {}, isAudited: true })
    const of = {
      governor,
      store,
      changes,
      sessions,
      history,
      sees: undefined,
      tenant: undefined,
      clock,
      statuses: [],
      learns: false,
      outcomes: {},
    }
    expect(await purgeIdempotency(of)).toBe(0)
    expect(await purgeIdempotency(of, { onlyExpired: false, limit: 2 })).toBe(2)
    service.clock.advance(DAY_MS)
    expect(await purgeIdempotency(of)).toBe(1)
  })

  it('is served once where the store takes the request and then not its answer any more', async () => {
    const whole = memoryStore()
    let isBroken = false
    const store: DocumentStore = {
      ...whole,
      commit: commit => {
        if (isBroken && commit.documents?.some(({ kind }) => kind === 'idempotency')) {
          throw new GovernanceError('store-failed', 'the disk is full')
        }
        if (commit.documents?.some(({ kind }) => kind === 'rule')) isBroken = true
        return whole.commit(commit)
      },
    }
    await using service = serve({ store })
    const rule = { name: 'r', domain: 'd', max_value: 1, max_per_day: 1 }
    const make = () => service.boss('POST /rules', rule, keyed('k'))
    expect((await make()).status).toBe(200)
    isBroken = false
    expect(await make()).toMatchObject({ status: 409, body: { detail: { code: 'in_progress' } } })
    expect((await service.boss('GET /rules')).body).toHaveLength(1)
  })

  it('is forgotten early by whoever may, and that of another tenant stays', async () => {
    const store = memoryStore()
    const keys = [
      { key: 'agent-key-of-the-tests', role: 'agent', tenant: 'beta' },
      { key: 'acme-boss-of-the-tests', role: 'approver', tenant: 'acme' },
      { key: 'boss-key-of-the-tests', role: 'approver' },
    ] as const
    await using service = serve({ store, keys })
    await service.ask('POST /actions/evaluate', mail, keyed('k'))
    const count = async () => (await store.listDocuments({ kind: 'idempotency' }, 0)).length
    service.clock.advance(2 * DAY_MS)
    for (const key of ['acme-boss-of-the-tests', 'boss-key-of-the-tests']) {
      for (const only_expired of [true, false]) {
        await service.ask('POST /rules/admin/idempotency/purge', undefined, { key })
        await service.ask(`POST /rules/admin/idempotency/purge?only_expired=${only_expired}`, undefined, { key })
        expect(await count()).toBe(1)
      }
    }
    expect(await purgeIdempotency({ store, clock: service.clock, tenant: 'beta' })).toBe(1)
    expect(await count()).toBe(0)
  })
})
