import { createGovernor, definePolicy, memoryStore } from 'countersign'
import { describe, expect, it } from 'vitest'
import { serve } from './support.js'

const EVALUATE = 'POST /actions/evaluate'
const RULE = { name: 'Refunds', domain: 'pay*', max_per_day: 10, max_value: 1000 }
const call = (domain?: string) => ({ action: 'look', ...(domain === undefined ? {} : { domain }) })

describe('a kill switch', () => {
  it('of a domain stops its calls and no others, until it is switched off', async () => {
    await using service = serve()
    const { ask, boss } = service
    const { body } = await ask('POST /kill-switch/activate', { reason: 'odd', scope: 'domain', domain: 'payments' })
    expect(body).toMatchObject({ success: true, scope: 'domain', domain: 'payments', rule_id: null })
    expect((await ask(EVALUATE, call('payments'))).body).toMatchObject({
      result: 'blocked',
      blocked_by: 'kill_switch',
      reason: 'domain "payments" is switched off by bot: odd',
    })
    expect((await ask(EVALUATE, call('mail'))).body).toMatchObject({ result: 'allowed' })
    expect((await ask(EVALUATE, call())).body).toMatchObject({ result: 'allowed' })
    expect((await ask('GET /kill-switch/status')).body.active_switches).toMatchObject([
      { id: body.switch_id, scope: 'domain', domain: 'payments' },
    ])
    expect((await boss(`POST /kill-switch/deactivate/${body.switch_id}`, {})).status).toBe(200)
    expect((await ask(EVALUATE, call('payments'))).body).toMatchObject({ result: 'allowed' })
  })

  it('of a rule stops what the rule is about', async () => {
    await using service = serve()
    const { ask, boss } = service
    const { rule_id: rule } = (await boss('POST /rules', RULE)).body
    const { switch_id: id } = (await ask('POST /kill-switch/activate', { reason: 'odd', rule_id: rule })).body
    expect((await ask(EVALUATE, call('payroll'))).body).toMatchObject({ blocked_by: 'kill_switch' })
    expect((await ask(EVALUATE, call('mail'))).body).toMatchObject({ result: 'allowed' })
    for (const route of [`POST /rules/${rule}/pause`, `DELETE /rules/${rule}`]) {
      expect(await boss(route)).toMatchObject({ status: 409, body: { detail: { code: 'kill_switch_on' } } })
    }
    await boss(`POST /kill-switch/deactivate/${id}`, {})
    expect((await boss(`POST /rules/${rule}/pause`)).status).toBe(200)
    expect(await ask('POST /kill-switch/activate', { reason: 'odd', rule_id: rule })).toMatchObject({ status: 409 })
  })

  it('is refused where it would stop nothing', async () => {
    await using service = serve()
    const on = (body: object) => service.ask('POST /kill-switch/activate', { reason: 'odd', ...body })
    expect(await on({ rule_id: 'rule_none' })).toMatchObject({ status: 404 })
    expect(await on({ scope: 'domain' })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'domain'], type: 'value_error' }] },
    })
    expect(await on({ domain: '' })).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'domain'] }] } })
    expect((await service.ask('GET /kill-switch/status')).body.is_active).toBe(false)
  })

  it('is one of two hundred at most that agents throw, for every call is looked at by each; everything can be stopped still', async () => {
    await using service = serve()
    const of = (domain: string) => ({ reason: 'odd', scope: 'domain', domain })
    for (let at = 0; at < 200; at++)
      expect((await service.ask('POST /kill-switch/activate', of(`d${at}`))).status).toBe(200)
    expect(await service.ask('POST /kill-switch/activate', of('one-more'))).toMatchObject({
      status: 409,
      body: { detail: { code: 'too_many_switches' } },
    })
    expect((await service.ask('POST /kill-switch/activate', of('d7'))).status).toBe(200)
    expect((await service.boss('POST /kill-switch/activate', of('one-more'))).status).toBe(200)
    expect((await service.ask('POST /kill-switch/activate', { reason: 'odd' })).status).toBe(200)
    const { body } = await service.ask('POST /actions/evaluate', { action: 'look', value: 1 })
    expect(body).toMatchObject({ result: 'blocked', blocked_by: 'kill_switch' })
  })

  it.each(['reason', 'domain', 'rule_id'])('takes a %s of 2,000 characters, and no longer one', async field => {
    await using service = serve()
    const ask = { reason: 'odd', scope: 'domain', domain: 'd', [field]: 'x'.repeat(2001) }
    const { status, body } = await service.ask('POST /kill-switch/activate', ask)
    expect([status, body.detail[0]]).toMatchObject([422, { loc: ['body', field], type: 'too_long' }])
  })

  it('of two scopes at once stops only what both are true of', async () => {
    await using governor = createGovernor({ store: memoryStore(), unlisted: 'allow' })
    await governor.killSwitch.activate({ by: 'ann', reason: 'odd', tool: 'refund', domain: 'payments' })
    const at = async (name: string, domain: string) =>
      (await governor.session({ domain }).decide({ id: `${name} ${domain}`, name, input: {} })).result
    expect(await at('refund', 'payments')).toBe('blocked')
    expect(await at('refund', 'mail')).toBe('allowed')
    expect(await at('look', 'payments')).toBe('allowed')
    await expect(governor.killSwitch.deactivate({ by: 'ann', tool: 'refund' })).rejects.toThrow('tool "refund"')
    await governor.killSwitch.deactivate({ by: 'ann', tool: 'refund', domain: 'payments' })
    expect(await at('refund', 'payments')).toBe('allowed')
  })

  it('stops a call that was let through and has not begun, by domain and by rule', async () => {
    const policy = definePolicy({ rules: [{ id: 'fine', tools: ['refund'], effect: 'allow' }] })
    for (const source of [policy, { current: () => policy }]) {
      for (const scope of [{ domain: 'payments' }, { rule: 'fine' }]) {
        await using governor = createGovernor({ store: memoryStore(), policy: source, domain: 'payments' })
        const call = { id: 'c', name: 'refund', input: {} }
        expect((await governor.prepare(call)).decision.result).toBe('allowed')
        await governor.killSwitch.activate({ by: 'ann', reason: 'odd', ...scope })
        expect(await governor.run(call, () => expect.unreachable())).toMatchObject({ status: 'blocked' })
      }
    }
  })

  it('of a rule that cannot tell whether it applies stops the call', async () => {
    const when = (): boolean => {
      throw new Error('out of order')
    }
    const policy = { rules: [{ id: 'odd', when, effect: 'deny' as const, reason: 'x' }] }
    await using governor = createGovernor({ store: memoryStore(), policy, failMode: 'open' })
    const call = { id: 'c', name: 'refund', input: {} }
    expect((await governor.decide(call)).result).toBe('allowed')
    await governor.killSwitch.activate({ by: 'ann', reason: 'odd', rule: 'odd' })
    expect((await governor.decide(call)).result).toBe('blocked')
  })

  it('keeps why it was switched off, as it keeps why it was switched on', async () => {
    await using service = serve()
    const { switch_id: id } = (await service.ask('POST /kill-switch/activate', { reason: 'odd' })).body
    await service.boss(`POST /kill-switch/deactivate/${id}`, { reason: 'all is well' })
    service.clock.advance(1)
    await service.ask('POST /kill-switch/activate', { reason: 'odd' })
    await service.boss(`POST /kill-switch/deactivate/${id}`, { reason: '' })
    const { events } = (await service.ask('GET /events?event_type=kill_switch.deactivated')).body
    expect(events.map((event: any) => event.reason)).toEqual([null, 'all is well'])
    let log = ''
    for await (const line of service.server.governor.audit.export()) log += line
    expect(log).toContain('all is well')
    expect(await service.server.governor.audit.verify()).toMatchObject({ ok: true })
  })

  it('of a domain is told of by events, in the audit log and to webhooks by its scope', async () => {
    await using service = serve()
    await service.ask('POST /kill-switch/activate', { reason: 'odd', domain: 'payments' })
    const { events } = (await service.ask('GET /events?event_type=kill_switch.activated')).body
    expect(events).toMatchObject([{ domain: 'payments', reason: 'odd' }])
    let log = ''
    for await (const line of service.server.governor.audit.export()) log += line
    expect(log).toContain(String.raw`\"active\":true,\"domain\":\"payments\"`)
  })
})
