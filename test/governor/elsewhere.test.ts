import type { CallScope, Preparation, StoredDocument, ToolCall } from 'countersign'
import { expect, it } from 'vitest'
import { call, govern, testClock } from '../support/governing.js'
import { codeOf, HELD, onEachStore } from './support.js'

const LIMITED = {
  rules: [
    { id: 'cap', limit: { count: 'calls', per: 'actor', window: '1h', max: 2 }, effect: 'deny' },
    { id: 'pay', effect: 'allow' },
  ],
} as const

onEachStore('deciding for execution elsewhere', ({ pair, fresh }) => {
  /** Two governors, as two processes have them, over one store. */
  const both = (policy: object = LIMITED) => {
    const clock = testClock()
    const [one, two] = pair()
    const governors = [one, two].map(store => govern({ store, clock, policy: policy as never }).governor)
    const ask = (which: 0 | 1, proposed: ToolCall, scope: CallScope = {}): Promise<Preparation> =>
      (governors[which] as (typeof governors)[0]).prepare(proposed, { elsewhere: 'repeatable', ...scope })
    return { governors: governors as [(typeof governors)[0], (typeof governors)[0]], ask, clock }
  }

  it('counts a call once, however often and wherever it is asked about', async () => {
    const { ask } = both()
    const first = call('pay')
    const answers = await Promise.all(([0, 1, 0, 1] as const).map(which => ask(which, first)))
    expect(new Set(answers.map(({ decision }) => decision.id)).size).toBe(1)
    expect(answers.map(({ next }) => next)).toEqual(['run', 'run', 'run', 'run'])
    expect(answers.filter(({ again }) => again !== true)).toHaveLength(1)
    expect((await ask(1, call('pay'))).next).toBe('run')
    expect((await ask(0, call('pay'))).next).toBe('refuse')
    expect((await ask(1, first)).next).toBe('run')
  })

  it('uses an approval up with the one answer that lets the call go on', async () => {
    const { ask, governors } = both(HELD)
    const wanted = call('refund', { amount: 900 })
    const held = await ask(0, wanted)
    expect(held).toMatchObject({ next: 'ask', approval: { status: 'pending' } })
    expect(await ask(1, wanted)).toMatchObject({ next: 'ask', decision: { id: held.decision.id } })
    const id = held.decision.approvalId ?? ''
    await governors[1].approvals.resolve(id, { resolution: 'approved', by: 'dana' })
    const answers = await Promise.all(([0, 1, 0, 1] as const).map(which => ask(which, wanted)))
    expect(answers.map(({ next }) => next)).toEqual(['run', 'run', 'run', 'run'])
    expect(answers.filter(({ again }) => again !== true)).toHaveLength(1)
    expect(new Set(answers.map(({ decision }) => decision.id))).toEqual(new Set([held.decision.id]))
    expect(await governors[0].approvals.get(id)).toMatchObject({ status: 'consumed' })
    // Another input is another call, which nobody was asked about.
    expect(await ask(0, { ...wanted, input: { amount: 9_000_000 } })).toMatchObject({ next: 'ask' })
  })

  it('says what the person said who was against it', async () => {
    const { ask, governors } = both(HELD)
    const wanted = call('refund')
    const { decision } = await ask(0, wanted)
    const answer = { resolution: 'rejected', by: 'dana', comment: 'ask for a receipt first' } as const
    await governors[0].approvals.resolve(decision.approvalId ?? '', answer)
    expect(await ask(1, wanted)).toMatchObject({
      next: 'refuse',
      decision: { id: decision.id },
      message: expect.stringContaining('ask for a receipt first'),
    })
  })

  it('is not executed here as well, nor let go on where it was executed here', async () => {
    const { ask, governors } = both()
    const elsewhere = call('pay')
    await ask(0, elsewhere)
    let ran = 0
    const run = (proposed: ToolCall) => governors[1].run(proposed, () => ++ran)
    // Nor is it said to have been executed: nobody here knows whether it was.
    const refused = { message: expect.stringContaining('executed elsewhere') }
    expect(await governors[1].prepare(elsewhere)).toMatchObject({ next: 'refuse', ...refused })
    expect(await run(elsewhere)).toMatchObject({ status: 'blocked', ...refused })
    expect(ran).toBe(0)
    const here = call('pay')
    await run(here)
    expect(ran).toBe(1)
    expect((await ask(0, here)).next).toBe('refuse')
  })

  it('lets nothing go on once a switch was thrown, also not what it let go on before', async () => {
    const { ask, governors } = both()
    const known = call('pay')
    await ask(0, known)
    await governors[1].killSwitch.activate({ by: 'dana', reason: 'stop' })
    expect((await ask(0, known)).next).toBe('refuse')
    expect((await ask(0, call('pay'))).next).toBe('refuse')
  })

  it('keeps nothing to know a call by that cannot be brought again', async () => {
    const store = fresh()
    const { governor } = govern({ store, policy: LIMITED })
    const ask = () => governor.prepare(call('pay'), { elsewhere: 'unrepeatable' })
    expect([(await ask()).next, (await ask()).next, (await ask()).next]).toEqual(['run', 'run', 'refuse'])
    expect(await store.listReceipts({})).toEqual([])
    expect(await store.listDecisions({})).toHaveLength(3)
  })

  it('keeps documents with the decision, and decides nothing where they are there already', async () => {
    const store = fresh()
    const { governor } = govern({ store, policy: LIMITED })
    const note = (id: string): StoredDocument => ({ kind: 'note', id: 'n', revision: 1, body: `"${id}"`, at: 0 })
    const ask = (proposed: ToolCall) =>
      governor.prepare(proposed, { elsewhere: 'unrepeatable', alongside: ({ id }) => [note(id)] })
    const { decision } = await ask(call('pay'))
    expect(
      await (store as never as { getDocument: (key: object, at: number) => unknown }).getDocument(
        { kind: 'note', id: 'n' },
        0,
      ),
    ).toMatchObject({ body: `"${decision.id}"` })
    expect(await codeOf(ask(call('pay')))).toBe('not-pending')
    expect(await store.listDecisions({})).toHaveLength(1)
  })

  it('lets nothing go on that a reviewer has changed: what would be executed is another call', async () => {
    const { ask, governors } = both(HELD)
    const wanted = call('refund', { amount: 900 })
    const { decision } = await ask(0, wanted)
    const edited = { resolution: 'approved', by: 'dana', input: { amount: 9 } } as const
    await governors[0].approvals.resolve(decision.approvalId ?? '', edited)
    expect(await ask(0, wanted)).toMatchObject({ next: 'refuse', message: expect.stringContaining('changed') })
  })
})
