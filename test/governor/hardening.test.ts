import type { PolicyDocument } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, untilWaiting } from '../support/governing.js'
import { bench, HELD } from './support.js'

describe('who may answer', () => {
  it.each([
    ['an invisible character', 'agent\u200B'],
    ['a soft hyphen', 'ag\u00ADent'],
    ['a mark of direction', '\u202Eagent'],
    ['another case and width', 'ＡＧＥＮＴ'],
    ['a space', ' agent '],
  ])('is not the actor, who differs by %s', async (_, by) => {
    const { governor, ask } = bench({ policy: HELD, actor: 'agent' })
    const id = await ask(call('pay'))
    await expect(governor.approvals.resolve(id, { resolution: 'approved', by })).rejects.toMatchObject({
      code: 'not-permitted',
    })
  })

  it('is somebody: a name that nobody can see is none', async () => {
    const { governor, ask } = bench({ policy: HELD })
    const id = await ask(call('pay'))
    const answer = { resolution: 'approved', by: '\u200B\u00A0' } as const
    await expect(governor.approvals.resolve(id, answer)).rejects.toMatchObject({ code: 'not-permitted' })
  })

  it('counts once for a quorum, however the name is written', async () => {
    const { governor, ask } = bench({ policy: HELD, approvals: { quorum: 2 } })
    const id = await ask(call('pay'))
    await governor.approvals.resolve(id, { resolution: 'approved', by: 'bob' })
    const again = { resolution: 'approved', by: 'Bob\u200B' } as const
    await governor.approvals.resolve(id, again).catch(() => undefined)
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'pending' })
  })
})

describe('a changed call', () => {
  it('acts as the same principal: nobody becomes the actor by an edit, or lets somebody else act', async () => {
    const tools = { pay: { actor: (input: { as: string }) => input.as } }
    const { governor, ask } = bench({ policy: HELD, tools })
    const id = await ask(call('pay', { as: 'bot-1' }))
    const answer = { resolution: 'approved', by: 'bot-2', input: { as: 'bot-2' } } as const
    await expect(governor.approvals.resolve(id, answer)).rejects.toMatchObject({ code: 'not-permitted' })
  })

  it('runs as it was approved or not at all', async () => {
    const { governor, ask, run, ran } = bench({ policy: HELD })
    const proposed = call('pay', { pattern: 'a' })
    const id = await ask(proposed)
    await governor.approvals.resolve(id, { resolution: 'approved', by: 'bob', input: { pattern: /a/ } })
    expect(await run(proposed)).toMatchObject({ status: 'blocked' })
    expect(ran).toEqual([])
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'cancelled' })
  })
})

describe('a call that is turned into one of another tool', () => {
  it('is looked at with what that tool’s own calls in the session say of it', async () => {
    const policy = {
      rules: [...HELD.rules, { id: 'cap', tools: ['credit'], when: { value: { gt: 10 } }, effect: 'deny' }],
    }
    const approvals = { toolSwitches: { pay: ['credit'] } }
    const { governor, ask } = bench({ policy: policy as PolicyDocument, approvals })
    const profile = { value: (input: { cents: number }) => input.cents / 100 }
    await ask(call('credit', { cents: 5 }), { profile })
    const id = await ask(call('pay', { amount: 5 }))
    const answer = { resolution: 'approved', by: 'bob', tool: 'credit' } as const
    const tooMuch = governor.approvals.resolve(id, { ...answer, input: { cents: 9000 } })
    await expect(tooMuch).rejects.toMatchObject({ code: 'blocked' })
    expect(await governor.approvals.resolve(id, { ...answer, input: { cents: 900 } })).toMatchObject({
      status: 'approved',
    })
  })
})

describe('a callback that never answers', () => {
  const approvals = { onApprovalRequired: () => new Promise<undefined>(() => undefined), ttlMs: 1000 }

  it('holds a call no longer than its signal', async () => {
    const { run, ran } = bench({ policy: HELD, approvals })
    const abort = new AbortController()
    const running = run(call('pay'), { signal: abort.signal })
    abort.abort()
    expect(await running).toMatchObject({ status: 'approval_required', approvalLoop: { resolved: false } })
    expect(ran).toEqual([])
  })

  it('holds a call no longer than the request holds', async () => {
    const { run, clock } = bench({ policy: HELD, approvals })
    const running = run(call('pay'))
    await untilWaiting(clock)
    clock.advance(1000)
    expect(await running).toMatchObject({ status: 'blocked', message: expect.stringContaining('expired') as unknown })
  })

  it('does not keep a governor from closing', async () => {
    const { governor, run, clock } = bench({ policy: HELD, approvals })
    const running = run(call('pay'))
    await untilWaiting(clock)
    await governor.close()
    expect(await running).toMatchObject({ status: 'approval_required' })
  })
})
