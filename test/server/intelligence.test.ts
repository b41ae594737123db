import { memoryStore } from 'countersign'
import { describe, expect, it } from 'vitest'
import { serve } from './support.js'

const EVALUATE = 'POST /actions/evaluate'
const POLICY = {
  rules: [
    { id: 'no-drop', tools: ['drop'], effect: 'deny', reason: 'never' },
    { id: 'big', tools: ['refund'], when: { value: { gt: 100 } }, effect: 'require_approval', reason: 'over 100' },
    {
      id: 'cap',
      tools: ['refund'],
      limit: { sum: 'value', per: 'actor', window: '24h', max: 300 },
      effect: 'deny',
      reason: 'over 300 a day',
    },
    { id: 'rest', effect: 'allow', reason: 'fine' },
  ],
} as const

const keyed = (key: string) => ({ headers: { 'idempotency-key': key } })
const refund = (value: number, context: object = {}) => ({ action: 'refund', actor: 'bot', value, context })

describe('decision intelligence', () => {
  it('names the nearest form of a held call that would be allowed, and it is', async () => {
    await using service = serve({ policy: POLICY })
    const { body } = await service.ask(EVALUATE, refund(250, { call_id: '1' }))
    expect(body.decision_intelligence).toMatchObject({
      alternatives: [
        {
          action: 'refund',
          rationale: 'allowed with value 100 instead of 250: fine',
          changes: [{ path: 'value', to: 100 }],
        },
      ],
      simulation_summary: { allowed: 1 },
    })
    const [{ to }] = body.decision_intelligence.alternatives[0].changes
    expect((await service.ask(EVALUATE, refund(to))).body.result).toBe('allowed')
  })

  it('knows what a limit has room for, also where the amount stands in the arguments', async () => {
    await using service = serve({ policy: POLICY })
    for (let count = 0; count < 3; count++) await service.ask(EVALUATE, refund(90))
    const asked = refund(95, { arguments: { order: { amount: 95 }, to: 'ada' } })
    const { body } = await service.ask(EVALUATE, asked)
    expect(body).toMatchObject({ result: 'blocked', blocked_by: 'cap' })
    expect(body.decision_intelligence.alternatives).toMatchObject([
      { changes: [{ path: 'order.amount', from: 95, to: 30 }] },
    ])
  })

  it('is empty of a call that is allowed, or that nothing could change', async () => {
    await using service = serve({ policy: POLICY })
    const allowed = (await service.ask(EVALUATE, refund(5))).body.decision_intelligence
    expect(allowed).toMatchObject({ alternatives: [], simulation_summary: {} })
    const blocked = (await service.ask(EVALUATE, { action: 'drop' })).body.decision_intelligence
    expect(blocked).toMatchObject({ alternatives: [], simulation_summary: { tried: 0, allowed: 0 } })
    await service.ask('POST /kill-switch/activate', { reason: 'odd' })
    const stopped = (await service.ask(EVALUATE, refund(250))).body.decision_intelligence
    expect(stopped).toMatchObject({ alternatives: [], simulation_summary: {} })
  })

  it('is the same when the same request comes again, whatever has happened meanwhile', async () => {
    const store = memoryStore()
    await using service = serve({ policy: POLICY, store })
    const asked = refund(250, { call_id: '1', session_id: 's' })
    const first = await service.ask(EVALUATE, asked, keyed('k'))
    expect(first.body.decision_intelligence.alternatives).toHaveLength(1)
    for (let count = 0; count < 3; count++) await service.ask(EVALUATE, refund(90))
    await service.boss('POST /kill-switch/activate', { reason: 'odd' })
    service.clock.advance(60_000)
    const again = await service.ask(EVALUATE, asked, keyed('k'))
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(again.body).toEqual(first.body)
    // Held still, and asked under another key: it is as things stand now, and stays so under that.
    await service.boss('POST /kill-switch/deactivate/switch_global', {})
    const other = await service.ask(EVALUATE, asked, keyed('l'))
    expect(other.body.decision_intelligence.alternatives).toMatchObject([{ changes: [{ to: 30 }] }])
    await service.ask(EVALUATE, refund(30))
    expect((await service.ask(EVALUATE, asked, keyed('l'))).body).toEqual(other.body)
  })

  it('is the same for all who ask the same at once', async () => {
    await using service = serve({ policy: POLICY })
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => service.ask(EVALUATE, refund(250, { call_id: '1' }), keyed('k'))),
    )
    for (const { body } of answers) expect(body).toEqual(answers[0]?.body)
  })

  it('says how the session goes, against the others of the tenant', async () => {
    await using service = serve({ policy: POLICY })
    const say = async (action: string, session_id?: string) =>
      (await service.ask(EVALUATE, { action, context: session_id === undefined ? {} : { session_id } })).body
    expect((await say('look')).decision_intelligence.trajectory_health).toBe('unknown')
    for (let count = 0; count < 12; count++) {
      const { request_id } = await say('look', 'good')
      await service.ask('POST /outcomes/report', { request_id, status: 'SUCCESS' })
      await say('drop', 'bad')
    }
    service.clock.advance(60_000)
    expect((await say('look', 'bad')).decision_intelligence.trajectory_health).toBe('degrading')
    expect(await say('look', 'good')).toMatchObject({
      decision_intelligence: { trajectory_health: 'healthy' },
      intelligence: { trajectory_health: 'healthy' },
    })
  })

  it('never keeps a call from being answered', async () => {
    const store = memoryStore()
    let broken = false
    const failing = {
      ...store,
      listDecisions: (filter: object) => (broken ? Promise.reject(new Error('disk')) : store.listDecisions(filter)),
    }
    await using service = serve({ policy: POLICY, store: failing })
    broken = true
    const { status, body } = await service.ask(EVALUATE, refund(250, { session_id: 's' }))
    expect([status, body.result]).toEqual([200, 'requires_approval'])
    expect(body.decision_intelligence.trajectory_health).toBe('unknown')
  })
})
