import { createGovernor, definePolicy, memoryStore, type Policy, type PolicySource, rule } from 'countersign'
import { describe, expect, it } from 'vitest'
import { fakeClock } from 'countersign/testing'

const allowing = definePolicy({ name: 'open', rules: [rule('all', { effect: 'allow' })] })
const denying = definePolicy({ name: 'shut', rules: [rule('none', { effect: 'deny', reason: 'not today' })] })
const asking = definePolicy({ name: 'careful', rules: [rule('ask', { effect: 'require_approval' })] })

const call = (id: string) => ({ id, name: 'pay', input: { amount: 5 } })
const governing = (policy: PolicySource, options = {}) => createGovernor({ policy, store: memoryStore(), ...options })

describe('a policy that changes', () => {
  it('holds from the next decision on, and the decision names it', async () => {
    let policy = allowing
    await using governor = governing({ current: () => policy })
    const before = await governor.run(call('1'), () => 'paid')
    policy = denying
    const after = await governor.run(call('2'), () => 'paid')
    expect([before.status, after.status]).toEqual(['executed', 'blocked'])
    expect(before.decision.policy).toEqual({ name: 'open', version: allowing.version() })
    expect(after.decision).toMatchObject({ reason: 'not today', policy: { name: 'shut', version: denying.version() } })
  })

  it('is asked for the tenant of the call, and may take its time', async () => {
    const asked: (string | undefined)[] = []
    const current = async (tenant: string | undefined): Promise<Policy> => {
      asked.push(tenant)
      return tenant === 'acme' ? denying : allowing
    }
    await using governor = governing({ current })
    expect((await governor.session({ tenant: 'acme' }).run(call('1'), () => 1)).status).toBe('blocked')
    expect((await governor.run(call('1'), () => 1)).status).toBe('executed')
    expect(new Set(asked)).toEqual(new Set(['acme', undefined]))
  })

  it('asks anew for a call that waits for an answer under rules that are no more', async () => {
    let policy = asking
    await using governor = governing({ current: () => policy })
    const first = await governor.run(call('1'), () => 'paid')
    policy = definePolicy({ name: 'careful', rules: [rule('ask', { effect: 'require_approval', reason: 'new' })] })
    const second = await governor.run(call('1'), () => 'paid')
    expect(second.decision.approvalId).not.toBe(first.decision.approvalId)
    expect(await governor.approvals.get(first.decision.approvalId ?? '')).toMatchObject({ status: 'cancelled' })
  })

  it('stops a call that was approved before, where the new rules refuse it', async () => {
    let policy = asking
    await using governor = governing({ current: () => policy })
    const held = await governor.run(call('1'), () => 'paid')
    await governor.approvals.resolve(held.decision.approvalId ?? '', { resolution: 'approved', by: 'dana' })
    policy = denying
    expect((await governor.run(call('1'), () => 'paid')).status).toBe('blocked')
  })

  it('means the fail mode where it cannot be had, is none, or comes too late; switches hold all the same', async () => {
    const broken: readonly PolicySource['current'][] = [
      () => {
        throw new Error('no connection to db:secret')
      },
      () => Promise.reject(new Error('no connection')),
      () => ({ rules: [] }) as unknown as Policy,
    ]
    for (const current of broken) {
      await using closed = governing({ name: 'rules', current })
      const { decision } = await closed.run(call('1'), () => 'paid')
      expect(decision).toMatchObject({ result: 'blocked', failMode: 'closed', policy: { name: 'rules' } })
      expect(decision.reason).not.toContain('secret')
      await using open = governing({ current }, { failMode: 'open' })
      expect((await open.run(call('1'), () => 'paid')).status).toBe('executed')
      await open.killSwitch.activate({ by: 'dana', reason: 'stop' })
      expect((await open.run(call('2'), () => 'paid')).status).toBe('blocked')
    }
    const clock = fakeClock()
    await using slow = governing({ current: () => new Promise<Policy>(() => undefined) }, { clock })
    const running = slow.run(call('1'), () => 'paid')
    while (clock.untilNext() === undefined) await Promise.resolve()
    clock.advance(2000)
    expect((await running).decision).toMatchObject({ result: 'blocked', failMode: 'closed' })
  })
})
