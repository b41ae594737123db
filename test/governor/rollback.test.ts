import type { ToolProfile } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call } from '../support/governing.js'
import { bench, codeOf, onEachStore, until } from './support.js'

const SESSION = { sessionId: 's' }

/** A governor whose tool `pay` can be undone, and what was undone. */
function undoable(more: Parameters<typeof bench>[0] = {}, undo?: ToolProfile['undo']) {
  const undone: { readonly input: unknown; readonly output: unknown; readonly idempotencyKey: string }[] = []
  const made = bench({
    policy: { rules: [] },
    unlisted: 'allow',
    tools: {
      pay: {
        undo: (input: never, output, context) => {
          undone.push({ input, output, ...context })
          return undo?.(input, output, context)
        },
      },
    },
    ...more,
  })
  return { ...made, undone }
}

onEachStore('rolling back a session', ({ fresh, pair }) => {
  it('undoes what it did, the latest first, with what went in and what came out', async () => {
    const { governor, run, undone } = undoable({ store: fresh() })
    for (const amount of [1, 2, 3]) await run(call('pay', { amount }), SESSION)
    await run(call('pay', { amount: 4 }), { sessionId: 'other' })
    const results = await governor.rollback('s')
    expect(results).toMatchObject([
      { tool: 'pay', status: 'undone' },
      { tool: 'pay', status: 'undone' },
      { tool: 'pay', status: 'undone' },
    ])
    expect(undone).toMatchObject([
      { input: { amount: 3 }, output: 'done 3' },
      { input: { amount: 2 }, output: 'done 2' },
      { input: { amount: 1 }, output: 'done 1' },
    ])
    expect(
      new Set([...results.map(({ key }) => key), ...undone.map(({ idempotencyKey }) => idempotencyKey)]).size,
    ).toBe(6)
    expect(await governor.receipts.list({ sessionId: 's' })).toHaveLength(6)
  })

  it('twice undoes once, also from another governor', async () => {
    const [one, two] = pair()
    const first = undoable({ store: one })
    await first.run(call('pay'), SESSION)
    await first.governor.rollback('s')
    const second = undoable({ store: two })
    expect(await second.governor.rollback('s')).toMatchObject([{ status: 'undone-before' }])
    expect([...first.undone, ...second.undone]).toHaveLength(1)
  })

  it('gives the tool what JSON would not have kept', async () => {
    const { governor, undone } = undoable({ store: fresh() })
    const input = { at: new Date(5), lines: new Map([['a', 1n]]) }
    await governor.run(call('pay', input), () => ({ id: 7n }), SESSION)
    await governor.rollback('s')
    expect(undone).toMatchObject([{ input, output: { id: 7n } }])
  })

  it('stops at the first that cannot be taken back, and goes on from there', async () => {
    let isBroken = true
    const { governor, run, undone } = undoable({ store: fresh() }, (input: { amount: number }) => {
      if (isBroken && input.amount === 2) throw new Error('closed on sundays')
    })
    for (const amount of [1, 2, 3]) await run(call('pay', { amount }), SESSION)
    expect(await governor.rollback('s')).toMatchObject([
      { status: 'undone' },
      { status: 'failed', error: 'Error: closed on sundays' },
      { status: 'skipped' },
    ])
    isBroken = false
    expect(await governor.rollback('s')).toMatchObject([
      { status: 'undone-before' },
      { status: 'failed', error: 'Error: closed on sundays' },
      { status: 'skipped' },
    ])
    const retried = await governor.rollback('s', { retryFailed: true })
    expect(retried.map(({ status }) => status)).toEqual(['undone-before', 'undone', 'undone'])
    expect(undone.map(({ input }) => (input as { amount: number }).amount)).toEqual([3, 2, 2, 1])
  })

  it('does not undo again what may have been undone, where nobody saw the end', async () => {
    const [one, two] = pair()
    const first = undoable({ store: one }, () => new Promise(() => undefined))
    await first.run(call('pay'), SESSION)
    void first.governor.rollback('s')
    await until(() => first.undone.length === 1)
    const second = undoable({ store: two })
    expect(await second.governor.rollback('s')).toMatchObject([{ status: 'running' }])
    second.clock.advance(30_000)
    for (let times = 0; times < 2; times++)
      expect(await second.governor.rollback('s')).toMatchObject([{ status: 'unknown' }])
    expect(second.undone).toEqual([])
    const [unknown] = await second.governor.receipts.list({ status: 'unknown' })
    await second.governor.receipts.settle(unknown?.key ?? '', { status: 'not_started', by: 'ops' })
    expect(await second.governor.rollback('s')).toMatchObject([{ status: 'undone' }])
  })

  it('leaves what came before an effect of which nobody knows how it ended, and says so', async () => {
    const [one, two] = pair()
    const { governor, run, undone, clock } = undoable({ store: one })
    await run(call('pay', { amount: 1 }), SESSION)
    let isBegun = false
    const never = (): Promise<never> => {
      isBegun = true
      return new Promise(() => undefined)
    }
    void governor.run(call('pay', { amount: 2 }), never, SESSION)
    await until(() => isBegun)
    await run(call('pay', { amount: 3 }), SESSION)
    const statuses = async (rolling: typeof governor): Promise<string[]> =>
      (await rolling.rollback('s')).map(({ status }) => status)
    expect(await statuses(governor)).toEqual(['undone', 'running', 'skipped'])
    const second = undoable({ store: two })
    second.clock.advance(clock.now() - second.clock.now() + 30_000)
    for (let times = 0; times < 2; times++)
      expect(await statuses(second.governor)).toEqual(['undone-before', 'unknown', 'skipped'])
    const [unknown] = await second.governor.receipts.list({ status: 'unknown' })
    await second.governor.receipts.settle(unknown?.key ?? '', { status: 'not_started', by: 'ops' })
    expect(await statuses(second.governor)).toEqual(['undone-before', 'undone'])
    expect([...undone, ...second.undone].map(({ input }) => input)).toEqual([{ amount: 3 }, { amount: 1 }])
  })

  it('undoes once where two do it at the same time', async () => {
    const [one, two] = pair()
    const [first, second] = [undoable({ store: one }), undoable({ store: two })]
    await first.run(call('pay'), SESSION)
    await Promise.all([first.governor.rollback('s'), second.governor.rollback('s')])
    expect([...first.undone, ...second.undone]).toHaveLength(1)
  })
})

describe('rolling back', () => {
  it('leaves alone what failed, what was refused, what only read and what cannot be undone', async () => {
    const { governor, run, undone } = undoable({
      tools: {
        pay: { undo: () => expect.unreachable() },
        look: { annotations: { readOnly: true }, undo: () => expect.unreachable() },
      },
      policy: [{ id: 'no', tools: ['pay'], when: { 'input.amount': { gt: 9 } }, effect: 'deny' }],
    })
    await governor.run(call('pay'), () => Promise.reject(new Error('no funds')), SESSION)
    await run(call('pay', { amount: 10 }), SESSION)
    await run(call('look'), SESSION)
    await run(call('mail'), SESSION)
    expect(await governor.rollback('s')).toMatchObject([{ tool: 'mail', status: 'not-undoable' }])
    expect(await governor.rollback('none')).toEqual([])
    expect(undone).toEqual([])
  })

  it('goes past what cannot be undone', async () => {
    const { governor, run, undone } = undoable()
    await run(call('pay'), SESSION)
    await run(call('mail'), SESSION)
    expect((await governor.rollback('s')).map(({ status }) => status)).toEqual(['not-undoable', 'undone'])
    expect(undone).toHaveLength(1)
  })

  it('stays in its tenant', async () => {
    const { governor, run, undone } = undoable()
    await run(call('pay'), { ...SESSION, tenant: 'acme' })
    expect(await governor.session({ tenant: 'other' }).rollback('s')).toEqual([])
    expect(undone).toEqual([])
    expect(await governor.rollback('s')).toEqual([])
    expect(await governor.session({ tenant: 'acme' }).rollback('s')).toMatchObject([{ status: 'undone' }])
  })

  it('starts an undo that failed once more where the tool is idempotent, and refuses an option that nobody knows', async () => {
    let isBroken = true
    const undo = (): void => {
      if (isBroken) throw new Error('closed')
    }
    const { governor, run } = undoable({ tools: { pay: { undo, annotations: { idempotent: true } } } })
    await run(call('pay'), SESSION)
    expect(await governor.rollback('s')).toMatchObject([{ status: 'failed' }])
    isBroken = false
    expect(await governor.rollback('s')).toMatchObject([{ status: 'undone' }])
    expect(await codeOf(governor.rollback('s', { retry: true } as never))).toBe('invalid-option')
  })

  it('undoes what a reviewer had made of a call', async () => {
    const { governor, run, undone, ask } = undoable({ policy: [{ id: 'ask', effect: 'require_approval' }] })
    const proposed = call('pay', { amount: 500 })
    const id = await ask(proposed, SESSION)
    await governor.approvals.resolve(id, { resolution: 'approved', by: 'bob', input: { amount: 5 } })
    await run(proposed, SESSION)
    await governor.rollback('s')
    expect(undone).toMatchObject([{ input: { amount: 5 } }])
  })

  it('uses the undo that was last given with a call', async () => {
    const { governor } = undoable({ tools: {} })
    const undone: unknown[] = []
    const profile: ToolProfile = { undo: input => undone.push(input) }
    await governor.run(call('pay', { amount: 1 }), () => 1, { ...SESSION, profile })
    expect(await governor.rollback('s')).toMatchObject([{ status: 'undone' }])
    expect(undone).toEqual([{ amount: 1 }])
  })

  it.each([
    ['tenant', { tenant: 'acme', sessionId: 's' }, { tenant: 'globex', sessionId: 's' }],
    ['session', { tenant: 'acme', sessionId: 's' }, { tenant: 'acme', sessionId: 't' }],
  ])('never uses the undo of another %s', async (_whose, ours, others) => {
    const { governor } = undoable({ tools: {} })
    const undone: string[] = []
    const undoneBy = (name: string): ToolProfile => ({ undo: () => undone.push(name) })
    await governor.run(call('pay'), () => 1, { ...ours, profile: undoneBy('ours') })
    await governor.run(call('pay'), () => 1, { ...others, profile: undoneBy('theirs') })
    await governor.session({ tenant: 'acme' }).rollback('s')
    expect(undone).toEqual(['ours'])
  })
})
