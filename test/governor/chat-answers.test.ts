import type { ToolCall } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, govern } from '../support/governing.js'
import { bench, codeOf, HELD, onEachStore } from './support.js'

const SCOPE = { actor: 'agent', user: 'ann', tenant: 'acme', sessionId: 's' }
const YES = { resolution: 'approved' } as const
const NO = { resolution: 'rejected', comment: 'no' } as const

onEachStore('what the person in the conversation answers about a call', ({ fresh }) => {
  async function asked(proposed: ToolCall = call('refund', { amount: 5 })) {
    const { governor, ask, run, ran, clock } = bench({ store: fresh() })
    const id = await ask(proposed, SCOPE)
    return { governor, session: governor.session(SCOPE), id, proposed, run, ran, clock }
  }

  it('is recorded as theirs, once, and the call runs with it', async () => {
    const { session, id, proposed, run, ran } = await asked()
    for (const _ of [1, 2]) {
      expect(await session.approvals.answer(proposed, YES)).toMatchObject({
        id,
        status: 'approved',
        by: 'ann',
        votes: [{ channel: 'chat' }],
      })
    }
    await run(proposed, { ...SCOPE, resumed: true })
    expect(ran).toEqual([{ amount: 5 }])
    expect(await session.approvals.answer(proposed, NO)).toMatchObject({ status: 'consumed', by: 'ann' })
  })

  it('takes an approval back that was not used yet', async () => {
    const { governor, session, id, proposed } = await asked()
    await governor.approvals.resolve(id, { ...YES, by: 'bob' })
    expect(await session.approvals.answer(proposed, NO)).toMatchObject({
      status: 'cancelled',
      by: 'ann',
      comment: 'no',
    })
  })

  it('is for that call in that scope only, whoever acts', async () => {
    const { governor, session, proposed } = await asked()
    for (const scope of [{ user: 'eve' }, { tenant: 'other' }, { sessionId: 'other' }]) {
      const other = governor.session({ ...SCOPE, ...scope })
      expect(await other.approvals.find(proposed)).toBeUndefined()
      expect(await codeOf(other.approvals.answer(proposed, YES))).toBe('not-found')
    }
    for (const change of [{ id: 'other' }, { name: 'wire' }, { input: { amount: 6 } }]) {
      expect(await codeOf(session.approvals.answer({ ...proposed, ...change }, YES))).toBe('not-found')
    }
    expect(await codeOf(governor.approvals.answer(proposed, YES))).toBe('not-found')
    expect(await governor.session({ ...SCOPE, actor: 'other' }).approvals.find(proposed)).toMatchObject({
      status: 'pending',
    })
  })

  it('finds a call whose input has been through JSON', async () => {
    const input = { at: new Date(0), tags: new Set(['a']), total: 7n }
    const { session, proposed, id } = await asked({ id: 'c1', name: 'refund', input })
    const back = { ...proposed, input: { at: '1970-01-01T00:00:00.000Z', tags: {}, total: '7' } }
    expect(await session.approvals.find(back)).toMatchObject({ id })
    expect(await session.approvals.find({ ...back, input: { ...back.input, total: '8' } })).toBeUndefined()
  })

  it('comes too late after its time', async () => {
    const { session, proposed, clock } = await asked()
    clock.advance(3_600_001)
    expect(await session.approvals.answer(proposed, YES)).toMatchObject({ status: 'expired' })
  })
})

it('what the person answers is not theirs to say where somebody else is to approve', async () => {
  const { governor, ask } = bench({ approvals: { approver: 'inbox' } })
  const proposed = call('refund')
  await ask(proposed, SCOPE)
  expect(await codeOf(governor.session(SCOPE).approvals.answer(proposed, YES))).toBe('not-permitted')
})

describe('a tool’s own question', () => {
  const ALLOWED = {
    rules: [
      { id: 'all', effect: 'allow' as const },
      { id: 'never', tools: ['wipe'], effect: 'deny' as const },
    ],
  }

  it('holds what the policy would let through, and lifts nothing', async () => {
    const { governor } = govern({ policy: ALLOWED })
    const asks = () => 'it is Friday'
    expect(await governor.prepare(call('refund'), { asks })).toMatchObject({
      next: 'ask',
      decision: { result: 'requires_approval', reason: 'it is Friday' },
    })
    expect((await governor.prepare(call('wipe'), { asks })).next).toBe('refuse')
    expect((await governor.prepare(call('refund'), { asks: async () => undefined })).next).toBe('run')
  })

  it('refuses the call when it throws, in every fail mode, and shows nothing of the error', async () => {
    const throwing = [
      () => {
        throw new Error('hunter2')
      },
      async () => Promise.reject(new Error('hunter2')),
    ]
    for (const asks of throwing) {
      const { governor } = govern({ policy: ALLOWED, failMode: 'open' })
      const { next, message } = await governor.prepare(call('refund'), { asks })
      expect(next).toBe('refuse')
      expect(message).toContain('could not be decided')
      expect(message).not.toContain('hunter2')
    }
  })

  it('is asked again when the call comes back, so that its approval is used', async () => {
    const { governor } = govern({ policy: ALLOWED })
    const proposed = call('refund')
    const scope = { ...SCOPE, asks: () => 'it is Friday' }
    await governor.prepare(proposed, scope)
    let runs = 0
    for (const _ of [1, 2]) await governor.run(proposed, () => ++runs, { ...scope, answer: YES })
    expect(runs).toBe(1)
    expect(await governor.approvals.list()).toMatchObject([{ status: 'consumed', by: 'ann' }])
  })
})

describe('a call about which nobody can be asked', () => {
  it('is refused where it would be held, without a request, and runs where it would run', async () => {
    const { governor } = govern({ policy: HELD })
    const { next, decision } = await governor.prepare(call('refund'), { unaskable: 'somebody is busy' })
    expect(next).toBe('refuse')
    expect(decision).toMatchObject({ result: 'blocked', reason: 'over 100; somebody is busy' })
    expect(await governor.approvals.list()).toEqual([])
    const free = govern({ policy: { rules: [{ id: 'all', effect: 'allow' }] } }).governor
    expect((await free.prepare(call('refund'), { unaskable: 'somebody is busy' })).next).toBe('run')
  })

  it('runs under a grant, which asks nobody', async () => {
    const { governor, ask } = bench({ policy: HELD })
    const id = await ask(call('refund', { amount: 5 }), SCOPE)
    await governor.approvals.resolve(id, {
      ...YES,
      by: 'bob',
      grant: { when: {}, anyInput: true, expiresInMs: 60_000, maxUses: 3, maxValue: 10 },
    })
    const { next } = await governor.prepare(call('refund', { amount: 6 }), { ...SCOPE, unaskable: 'busy' })
    expect(next).toBe('run')
  })
})
