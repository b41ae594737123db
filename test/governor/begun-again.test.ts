import type { Execution, PolicyDocument, ToolCall, ToolProfile } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call } from '../support/governing.js'
import { type Bench, bench, onEachStore, type Stores, textOf, until } from './support.js'

const LEASE = 30_000
const ALLOWING: PolicyDocument = { rules: [{ id: 'fine', effect: 'allow' }] }
const DENYING: PolicyDocument = { rules: [{ id: 'no-more', effect: 'deny', reason: 'no more payments' }] }
const ASKING: PolicyDocument = { rules: [{ id: 'ask', effect: 'require_approval', reason: 'ask first' }] }
const ASKING_ELSEWHERE: PolicyDocument = {
  rules: [...ASKING.rules, { id: 'other', tools: ['other'], effect: 'deny' }],
}
const CAPPED: PolicyDocument = {
  rules: [
    ...ALLOWING.rules,
    { id: 'cap', limit: { sum: 'value', per: 'actor', window: '1h', max: 5 }, effect: 'deny', reason: 'spent' },
  ],
}

const isControlFlow = (error: unknown): boolean => error === 'interrupt'
const scope = { isControlFlow }

/** A call that may begin once more, as one governor leaves it to the next. */
interface Way {
  readonly profile: ToolProfile
  readonly leave: (first: Bench, proposed: ToolCall) => Promise<unknown>
  /** The clock of the next governor is so far ahead, in milliseconds. */
  readonly later?: number
}

const suspend = async ({ governor }: Bench, proposed: ToolCall): Promise<void> => {
  const running = governor.run(proposed, () => Promise.reject('interrupt'), scope)
  await expect(running).rejects.toBe('interrupt')
}

const hang = async ({ governor }: Bench, proposed: ToolCall): Promise<void> => {
  let isBegun = false
  void governor.run(proposed, () => {
    isBegun = true
    return new Promise(() => undefined)
  })
  await until(() => isBegun)
}

const WAYS: readonly (readonly [string, Way])[] = [
  ['was suspended', { profile: {}, leave: suspend }],
  [
    'is idempotent and failed',
    {
      profile: { annotations: { idempotent: true } },
      leave: ({ governor }, proposed) => governor.run(proposed, () => Promise.reject(new Error('busy'))),
    },
  ],
  [
    'had not begun, as its tool has found out',
    { profile: { reconcile: () => ({ status: 'not_started' }) }, leave: hang, later: LEASE },
  ],
]

/** The same call under one policy, and then in another governor on the same store under another. */
async function brought(
  { pair }: Stores,
  { profile, leave, later = 0 }: Way,
  [before, after]: readonly [PolicyDocument, PolicyDocument],
): Promise<{ readonly first: Bench; readonly next: Bench; readonly bring: () => Promise<Execution> }> {
  const [one, other] = pair()
  const tools = { pay: profile }
  const proposed = call('pay', { amount: 5 })
  const first = bench({ store: one, policy: before, tools })
  await leave(first, proposed)
  const next = bench({ store: other, policy: after, tools })
  next.clock.advance(later)
  return { first, next, bring: () => next.run(proposed, scope) }
}

onEachStore('a call that may begin once more', stores => {
  describe.each(WAYS)('because it %s', (_why, way) => {
    it('begins under the decision it had, where the policy still lets it', async () => {
      const { first, next, bring } = await brought(stores, way, [ALLOWING, ALLOWING])
      const [begun] = await first.governor.decisions.list()
      expect(await bring()).toMatchObject({ status: 'executed', decision: { id: begun?.id } })
      expect(next.ran).toEqual([{ amount: 5 }])
    })

    it('does not begin where the policy denies it by now: the refusal is a decision of its own', async () => {
      const { first, next, bring } = await brought(stores, way, [ALLOWING, DENYING])
      const [begun] = await first.governor.decisions.list()
      const refused = await bring()
      expect(refused).toMatchObject({ status: 'blocked', decision: { result: 'blocked' } })
      expect(textOf(refused)).toContain('no more payments')
      expect(next.ran).toEqual([])
      expect(refused.decision.id).not.toBe(begun?.id)
      expect(await next.governor.decisions.get(refused.decision.id)).toMatchObject({
        policy: { version: refused.decision.policy.version },
        execution: { status: 'blocked' },
      })
    })

    it('does not begin where a person would be asked about it by now, and nobody is asked', async () => {
      const { next, bring } = await brought(stores, way, [ALLOWING, ASKING])
      const refused = await bring()
      expect(refused).toMatchObject({ status: 'blocked', decision: { result: 'blocked' } })
      expect(textOf(refused)).toContain('the policy has changed')
      expect(next.ran).toEqual([])
      expect(await next.governor.approvals.list()).toEqual([])
    })

    it('is not stopped by what it has taken of a limit itself', async () => {
      const { next, bring } = await brought(stores, way, [CAPPED, CAPPED])
      expect(await next.run(call('pay', { amount: 1 }))).toMatchObject({ status: 'blocked' })
      expect(await bring()).toMatchObject({ status: 'executed' })
      expect(next.ran).toEqual([{ amount: 5 }])
    })
  })

  it('does so where a person has allowed it, and not under another policy that asks, nor after its time', async () => {
    const [one, other] = stores.pair()
    const proposed = call('pay', { amount: 5 })
    const first = bench({ store: one, policy: ASKING, approvals: { ttlMs: 1000 } })
    await first.governor.approvals.resolve(await first.ask(proposed), { resolution: 'approved', by: 'bob' })
    await suspend(first, proposed)
    const next = bench({ store: other, policy: ASKING_ELSEWHERE, clock: first.clock })
    expect(await next.run(proposed, scope)).toMatchObject({ status: 'blocked' })
    first.clock.advance(1000)
    expect(await first.run(proposed, scope)).toMatchObject({ status: 'blocked' })
    expect([...next.ran, ...first.ran]).toEqual([])
  })

  it('begins as it was approved, if the policy still lets that: a changed call is looked at as it was changed', async () => {
    const [one, other] = stores.pair()
    const proposed = call('pay', { amount: 5 })
    const first = bench({ store: one, policy: ASKING })
    const answer = { resolution: 'approved', by: 'bob', input: { amount: 90 } } as const
    await first.governor.approvals.resolve(await first.ask(proposed), answer)
    await suspend(first, proposed)
    const strict: PolicyDocument = {
      rules: [
        ...ASKING.rules,
        { id: 'never', tools: ['pay'], when: { 'input.amount': { gt: 50 } }, effect: 'deny', hard: true },
      ],
    }
    const next = bench({ store: other, policy: strict, clock: first.clock })
    expect(await next.run(proposed, scope)).toMatchObject({
      status: 'blocked',
      message: expect.stringContaining('never'),
    })
    expect(next.ran).toEqual([])
    expect(await first.run(proposed, scope)).toMatchObject({ status: 'executed', edit: { input: { amount: 90 } } })
    expect(first.ran).toEqual([{ amount: 90 }])
  })

  it('begins once a policy lets it again that had not', async () => {
    const [one, other] = stores.pair()
    const proposed = call('pay', { amount: 5 })
    const first = bench({ store: one, policy: ALLOWING })
    await suspend(first, proposed)
    const strict = bench({ store: other, policy: DENYING, clock: first.clock })
    expect((await strict.run(proposed, scope)).status).toBe('blocked')
    expect((await first.run(proposed, scope)).status).toBe('executed')
  })
})
