import { createGovernor, definePolicy, memoryStore, rule } from 'countersign'
import { fakeClock } from 'countersign/testing'
import { describe, expect, it } from 'vitest'

const policy = definePolicy({
  name: 'limits',
  rules: [
    rule('cap', {
      tools: ['refund'],
      limit: { sum: 'value', per: 'actor', window: '1h', max: 100.5 },
      effect: 'deny',
      reason: 'over',
    }),
    rule('often', {
      tools: ['*'],
      limit: { count: 'calls', per: 'session', window: '1m', max: 2 },
      effect: 'require_approval',
      reason: 'often',
    }),
    rule('big', {
      tools: ['refund'],
      when: { value: { gt: 50 } },
      limit: { count: 'calls', per: 'tenant', window: '1h', max: 1 },
      effect: 'deny',
      reason: 'one big one',
    }),
  ],
})

const call = (id: string, amount: number) => ({ id, name: 'refund', input: { amount } })
const profile = { value: (input: unknown) => (input as { amount: number }).amount }
const start = () => {
  const clock = fakeClock()
  const governor = createGovernor({
    store: memoryStore(),
    clock,
    policy,
    unlisted: 'allow',
    tools: { refund: profile },
  })
  return { clock, governor }
}

describe('the limits of a call', () => {
  it('are those that it counts for, with what is used and what it would add', async () => {
    const { governor } = start()
    const session = governor.session({ sessionId: 's', actor: 'agent' })
    await session.run(call('1', 20.25), () => 1)
    expect(await session.limits(call('2', 60))).toEqual([
      { rule: 'cap', effect: 'deny', windowMs: 3_600_000, used: 20.25, adds: 60, max: 100.5 },
      { rule: 'often', effect: 'require_approval', windowMs: 60_000, used: 1, adds: 1, max: 2 },
      { rule: 'big', effect: 'deny', windowMs: 3_600_000, used: 0, adds: 1, max: 1 },
    ])
    expect(await session.limits({ id: '3', name: 'look', input: {} })).toMatchObject([{ rule: 'often', used: 1 }])
  })

  it('are not counted by looking at them, and are over with their window', async () => {
    const { governor, clock } = start()
    await governor.limits(call('1', 20))
    expect(await governor.limits(call('1', 20))).toMatchObject([{ used: 0 }, { used: 0 }])
    await governor.run(call('1', 20), () => 1)
    clock.advance(61_000)
    expect(await governor.limits(call('2', 20))).toMatchObject([{ used: 20 }, { used: 0 }])
  })

  it('are those of its actor, session and tenant', async () => {
    const { governor } = start()
    await governor.run(call('1', 60), () => 1, { actor: 'a', tenant: 't', sessionId: 's' })
    const used = async (scope: object) => (await governor.limits(call('2', 60), scope)).map(limit => limit.used)
    expect(await used({ actor: 'a', tenant: 't', sessionId: 's' })).toEqual([60, 1, 1])
    expect(await used({ actor: 'b', tenant: 't', sessionId: 's' })).toEqual([0, 1, 1])
    expect(await used({ actor: 'a', tenant: 'u', sessionId: 's' })).toEqual([0, 0, 0])
  })
})
