import { memoryStore } from 'countersign'
import { describe, expect, it } from 'vitest'
import { serve } from './support.ts'

const refund = (value: number) => ({ action: 'refund', value, domain: 'payments' })
const RULE = { name: 'small', domain: 'payments', max_per_day: 100, max_value: 500 }
const types = (body: any) => body.events.map((event: any) => event.event_type)

/** A service in which each kind of thing has happened, a minute apart, and the id of its rule. */
const eventful = async () => {
  const served = serve()
  const { ask, boss, clock } = served
  const wait = () => clock.advance(60_000)
  const rule = (await boss('POST /rules', RULE)).body.rule_id as string
  wait()
  const allowed = (await ask('POST /actions/evaluate', refund(5))).body.request_id as string
  wait()
  const held = (await ask('POST /actions/evaluate', refund(200))).body.request_id as string
  wait()
  await ask('POST /actions/evaluate', refund(900))
  wait()
  await boss(`POST /approvals/${held}/resolve`, { resolution: 'denied', comment: 'no' })
  wait()
  await ask('POST /outcomes/report', { request_id: allowed, status: 'FRAUD' })
  wait()
  await boss(`POST /rules/${rule}/apply_patch`, {
    patch: [{ op: 'replace', path: '/max_value', value: 400 }],
    preview: false,
  })
  wait()
  await ask('POST /kill-switch/activate', { reason: 'fire' })
  wait()
  await boss('POST /kill-switch/deactivate/switch_global', { reason: 'over' })
  return { ...served, rule, allowed, held }
}

describe('events of a decision service', () => {
  it('are everything that happened, newest first', async () => {
    const { server, ask, rule, allowed, held } = await eventful()
    const { body } = await ask('GET /events')
    expect(types(body)).toEqual([
      'kill_switch.deactivated',
      'kill_switch.activated',
      'rule.patch_applied',
      'outcome.reported',
      'approval.rejected',
      'decision_event.created',
      'decision_event.created',
      'approval.requested',
      'decision_event.created',
      'rule.created',
    ])
    const times = body.events.map((event: any) => event.created_at)
    expect(times).toEqual(times.toSorted().toReversed())
    expect(body).toMatchObject({ total: 10, truncated: false })
    expect(body.events[0]).toMatchObject({ severity: 'info', actor: 'dana', reason: 'over' })
    expect(body.events[1]).toMatchObject({ severity: 'critical', actor: 'bot', reason: 'fire' })
    expect(body.events[2]).toMatchObject({ rule_id: rule, rule_name: 'small', actor: 'dana' })
    expect(body.events[3]).toMatchObject({ request_id: allowed, outcome_status: 'FRAUD', severity: 'warning' })
    expect(body.events[4]).toMatchObject({ request_id: held, resolved_by: 'dana', reason: 'no' })
    expect(body.events[8]).toMatchObject({ allowed: true, outcome_status: 'FRAUD', rule_id: rule, value: 5 })
    expect(new Set(body.events.map((event: any) => event.event_id)).size).toBe(10)
    await server.close()
  })

  it('are found by type, severity and rule, page by page', async () => {
    const { server, ask, rule } = await eventful()
    const get = async (query: string) => (await ask(`GET /events?${query}`)).body
    expect(types(await get('event_type=outcome.reported'))).toEqual(['outcome.reported'])
    expect(types(await get('severity=critical'))).toEqual(['kill_switch.activated'])
    const ofRule = await get(`rule_id=${rule}`)
    expect(ofRule.total).toBe(5)
    expect((await get(`rule_id=${rule}&event_type=decision_event.created`)).total).toBe(3)
    const all = await get('limit=1000')
    const paged = []
    for (let offset = 0; offset < 10; offset += 3) paged.push(...(await get(`limit=3&offset=${offset}`)).events)
    expect(paged).toEqual(all.events)
    expect((await ask('GET /events?limit=0')).status).toBe(422)
    expect((await ask('GET /events?offset=-1')).status).toBe(422)
    await server.close()
  })

  it('are counted, of a day and in all', async () => {
    const { server, ask, clock } = await eventful()
    clock.advance(86_400_000 - 2 * 60_000)
    const { body } = await ask('GET /events/stats')
    expect(body.total).toMatchObject({ events: 10, by_severity: { critical: 1 } })
    expect(body.today).toEqual({
      events: 2,
      by_type: { 'kill_switch.deactivated': 1, 'kill_switch.activated': 1 },
      by_severity: { info: 1, critical: 1 },
    })
    await server.close()
  })

  it('are those of one tenant, and what concerns all; and tell nothing of what a call held', async () => {
    const store = memoryStore()
    await using served = serve({ store })
    const { ask } = served
    await ask('POST /actions/evaluate', { ...refund(5), context: { arguments: { card: '4111' } } })
    await ask('POST /actions/evaluate', refund(6), { key: 'other-key-of-the-tests' })
    await ask('POST /kill-switch/activate', { reason: 'ours' }, { key: 'other-key-of-the-tests' })
    await ask('POST /kill-switch/activate', { reason: 'for all' })
    const own = (await ask('GET /events')).body
    const others = (await ask('GET /events', undefined, { key: 'other-key-of-the-tests' })).body
    expect(own.events.map((event: any) => event.value ?? event.reason).toSorted()).toEqual([5, 'for all'])
    expect(others.events.map((event: any) => event.value ?? event.reason).toSorted()).toEqual([6, 'for all', 'ours'])
    expect(JSON.stringify(own)).not.toContain('4111')
  })

  it('keep who threw a switch after it was turned off, in every process on the store', async () => {
    const store = memoryStore()
    const shared = { ...store, close: () => undefined }
    const here = serve({ store: shared })
    await using there = serve({ store: shared })
    await here.ask('POST /kill-switch/activate', { reason: 'fire' })
    await here.boss('POST /kill-switch/deactivate/switch_global', {})
    await here.server.close()
    expect(types((await there.ask('GET /events')).body)).toHaveLength(2)
  })
})
