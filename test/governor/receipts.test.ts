import { memoryStore } from 'countersign'
import type { Receipt, Reconciliation, Store, ToolProfile, UnsettledEffect } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, settle, slowStore, testClock } from '../support/governing.js'
import { type Bench, bench, codeOf, onEachStore, pump, type Stores, textOf, until } from './support.js'

const LEASE = 30_000
const ALLOWED = { unlisted: 'allow', policy: { rules: [] } } as const
const tools = (profile: ToolProfile): { tools: { pay: ToolProfile } } => ({ tools: { pay: profile } })

/** Two governors on one store, each with a clock of its own: a process that hangs does not renew its lease. */
function two({ pair }: Pick<Stores, 'pair'>, profile: ToolProfile = {}): readonly [Bench, Bench] {
  const [one, other] = pair()
  return [bench({ ...ALLOWED, ...tools(profile), store: one }), bench({ ...ALLOWED, ...tools(profile), store: other })]
}

/** A tool that was begun and hangs; its process is believed dead by the time the clock of the other stands at. */
async function hung([one, other]: readonly [Bench, Bench]) {
  const tool = Promise.withResolvers<unknown>()
  const proposed = call('pay', { amount: 5 })
  let fence = 0
  const running = one.governor.run(proposed, ({ fencingToken }) => {
    fence = fencingToken
    return tool.promise
  })
  await until(() => fence === 1)
  other.clock.advance(LEASE)
  return { proposed, tool, running }
}

onEachStore('a receipt (law 6)', stores => {
  const { fresh } = stores

  it('is what a call comes to that is brought again, in this and in another governor', async () => {
    const [one, other] = two(stores)
    const proposed = call('pay', { amount: 5 })
    const first = await one.run(proposed)
    for (const again of [await one.run(proposed), await other.run(proposed)]) {
      expect(again).toEqual({ status: 'executed', decision: first.decision, output: 'done 1', replayed: true })
    }
    expect([...one.ran, ...other.ran]).toHaveLength(1)
    expect(await one.governor.decisions.list()).toHaveLength(1)
    expect(await one.governor.receipts.list()).toMatchObject([
      { status: 'succeeded', fence: 1, tool: 'pay', output: { kind: 'json', value: 'done 1' } },
    ])
    expect(one.types()).toEqual(['decision-made', 'tool-executed', 'receipt-returned'])
  })

  it('has the key that the tool was handed', async () => {
    const { governor } = bench({ ...ALLOWED, store: fresh() })
    let key = ''
    await governor.run(call('pay'), context => (key = context.idempotencyKey))
    expect(await governor.receipts.get(key)).toMatchObject({ key, status: 'succeeded' })
    expect(await governor.receipts.get('none')).toBeUndefined()
  })

  it('is one for many runs at the same time: one executes, the others wait for its result', async () => {
    const [one, other] = two(stores)
    const proposed = call('pay', { amount: 5 })
    const tool = Promise.withResolvers<string>()
    let starts = 0
    const start = ({ governor }: Bench) => governor.run(proposed, () => (starts++, tool.promise))
    const running = Array.from({ length: 6 }, (_, index) => start(index % 2 === 0 ? one : other))
    await until(() => starts === 1)
    tool.resolve('paid')
    const executions = await Promise.all([
      pump(one.clock, Promise.all(running.filter((_, index) => index % 2 === 0))),
      pump(other.clock, Promise.all(running.filter((_, index) => index % 2 === 1))),
    ])
    expect(starts).toBe(1)
    for (const execution of executions.flat()) expect(execution).toMatchObject({ status: 'executed', output: 'paid' })
    expect(executions.flat().filter(execution => !('replayed' in execution))).toHaveLength(1)
  })

  it('of a tool that failed gives back the same error, and the tool is not called again', async () => {
    const [one, other] = two(stores)
    const proposed = call('pay')
    const failing = await one.governor.run(proposed, () => {
      throw new RangeError('no funds')
    })
    expect(failing).toMatchObject({ status: 'tool_error' })
    for (const { run, ran } of [one, other]) {
      const again = await run(proposed)
      expect(again).toMatchObject({
        status: 'tool_error',
        replayed: true,
        error: { name: 'RangeError', message: 'no funds' },
      })
      expect('error' in again && again.error).toBeInstanceOf(Error)
      expect(ran).toEqual([])
    }
  })

  it('of an idempotent tool that failed is begun again, with a higher fencing token', async () => {
    const { governor } = bench({ ...ALLOWED, ...tools({ annotations: { idempotent: true } }), store: fresh() })
    const proposed = call('pay')
    const fences: number[] = []
    const tool = ({ fencingToken }: { readonly fencingToken: number }): string => {
      fences.push(fencingToken)
      if (fences.length < 3) throw new Error('busy')
      return 'paid'
    }
    const statuses: string[] = []
    for (let times = 0; times < 4; times++) statuses.push((await governor.run(proposed, tool)).status)
    expect(statuses).toEqual(['tool_error', 'tool_error', 'executed', 'executed'])
    expect(fences).toEqual([1, 2, 3])
  })

  it('of an effect that nobody saw the end of is unknown: refused, listed, and never begun again', async () => {
    const [one, other] = two(stores)
    const { proposed } = await hung([one, other])
    for (let times = 0; times < 3; times++) {
      const execution = await other.run(proposed)
      expect(execution.status).toBe('blocked')
      expect(textOf(execution)).toContain('whether it took effect is not known')
      other.clock.advance(LEASE)
    }
    expect(other.ran).toEqual([])
    const [receipt] = await other.governor.receipts.list({ status: 'unknown' })
    expect(receipt).toMatchObject({ tool: 'pay', fence: 1 })
    expect(other.types().filter(type => type === 'effect-unknown')).toHaveLength(1)
  })

  it('tells how an effect ended after all, if its process was only late', async () => {
    const [one, other] = two(stores)
    const { proposed, tool, running } = await hung([one, other])
    expect((await other.run(proposed)).status).toBe('blocked')
    tool.resolve('paid late')
    expect(await running).toMatchObject({ status: 'executed', output: 'paid late' })
    expect(await other.run(proposed)).toMatchObject({ status: 'executed', output: 'paid late', replayed: true })
    expect(other.ran).toEqual([])
  })

  it('is not written by a process that was given up, once another has begun anew', async () => {
    const [one, other] = two(stores, { annotations: { idempotent: true } })
    const { proposed, tool, running } = await hung([one, other])
    expect(await other.run(proposed)).toMatchObject({ status: 'executed', output: 'done 1' })
    tool.resolve('paid late')
    expect(await running).toMatchObject({ status: 'executed', output: 'paid late' })
    expect(one.events.find(({ type }) => type === 'store-failed')).toMatchObject({ operation: 'recordExecution' })
    const [receipt] = await other.governor.receipts.list()
    expect(receipt).toMatchObject({ status: 'succeeded', fence: 2, output: { kind: 'json', value: 'done 1' } })
  })

  it('is not written by a process that was given up, while another runs', async () => {
    const [one, other] = two(stores, { annotations: { idempotent: true } })
    const { proposed, tool, running } = await hung([one, other])
    const second = Promise.withResolvers<string>()
    let fence = 0
    const again = other.governor.run(proposed, context => {
      fence = context.fencingToken
      return second.promise
    })
    await until(() => fence === 2)
    tool.resolve('paid late')
    expect(await running).toMatchObject({ status: 'executed', output: 'paid late' })
    expect(await other.governor.receipts.list()).toMatchObject([{ status: 'started', fence: 2 }])
    second.resolve('paid')
    expect(await again).toMatchObject({ status: 'executed', output: 'paid' })
    expect(await other.governor.receipts.list()).toMatchObject([{ status: 'succeeded', output: { value: 'paid' } }])
  })

  it('is kept by whoever runs it, for as long as it runs', async () => {
    const [store, same] = stores.pair()
    const clock = testClock()
    const [one, other] = [bench({ ...ALLOWED, store, clock }), bench({ ...ALLOWED, store: same, clock })]
    const tool = Promise.withResolvers<string>()
    const proposed = call('pay')
    let isBegun = false
    const running = one.governor.run(proposed, () => ((isBegun = true), tool.promise))
    await until(() => isBegun)
    const [first] = await one.governor.receipts.list()
    let revision = first?.revision ?? 0
    for (let turns = 0; turns < 12; turns++) {
      clock.advance(LEASE / 3)
      let known: Receipt | undefined
      for (let tries = 0; tries < 1000 && (known?.revision ?? 0) <= revision; tries++) {
        ;[known] = await other.governor.receipts.list()
        await new Promise(resolve => setImmediate(resolve))
      }
      revision = known?.revision ?? 0
      expect(known).toMatchObject({ status: 'started', leaseUntil: clock.now() + LEASE })
    }
    const waiting = other.run(proposed)
    tool.resolve('paid')
    await running
    expect(await pump(clock, waiting)).toMatchObject({ output: 'paid', replayed: true })
    expect(other.ran).toEqual([])
    await settle()
    expect(one.events.map(({ type }) => type)).toEqual(['decision-made', 'tool-executed'])
  })

  it.each<[Reconciliation, object]>([
    [
      { status: 'succeeded', output: { paid: [5] } },
      { status: 'executed', output: { paid: [5] }, replayed: true },
    ],
    [{ status: 'succeeded' }, { status: 'executed', output: undefined, replayed: true }],
    [
      { status: 'failed', error: 'card declined' },
      { status: 'tool_error', error: { message: 'card declined' }, replayed: true },
    ],
    [{ status: 'failed' }, { status: 'tool_error', replayed: true }],
    [{ status: 'not_started' }, { status: 'executed', output: 'done 1' }],
  ])('is settled by what the tool finds out: %j', async (found, expected) => {
    const asked: UnsettledEffect<unknown>[] = []
    const [one, other] = two(stores, { reconcile: effect => (asked.push(effect), Promise.resolve(found)) })
    const { proposed } = await hung([one, other])
    expect(await other.run(proposed)).toMatchObject(expected)
    expect(await other.run(proposed)).toMatchObject({ ...expected, replayed: true })
    expect(asked).toMatchObject([{ input: { amount: 5 }, startedAt: one.clock.now() }])
    expect(asked[0]?.key).toMatch(/^[0-9a-f]{64}$/)
    expect(other.ran).toHaveLength(found.status === 'not_started' ? 1 : 0)
  })

  it.each<[string, ToolProfile['reconcile']]>([
    ['cannot tell', () => undefined],
    ['throws', () => JSON.parse('{') as Reconciliation],
    ['rejects', () => Promise.reject(new Error('the bank is down'))],
    ['answers nonsense', () => ({ status: 'maybe' }) as never],
  ])('stays unknown where the tool %s', async (_how, reconcile) => {
    const [one, other] = two(stores, reconcile === undefined ? {} : { reconcile })
    const { proposed } = await hung([one, other])
    expect((await other.run(proposed)).status).toBe('blocked')
    expect(other.ran).toEqual([])
    expect(await other.governor.receipts.list({ status: 'unknown' })).toHaveLength(1)
  })

  it('stays unknown where the tool does not answer in time', async () => {
    const [one, other] = two(stores, { reconcile: () => new Promise<never>(() => undefined) })
    const { proposed } = await hung([one, other])
    expect((await pump(other.clock, other.run(proposed))).status).toBe('blocked')
    expect(other.ran).toEqual([])
  })

  it.each([
    [
      { status: 'succeeded', output: 'paid by hand' },
      { status: 'executed', output: 'paid by hand', replayed: true },
    ],
    [
      { status: 'failed', comment: 'never arrived' },
      { status: 'tool_error', error: { message: 'never arrived' } },
    ],
    [{ status: 'not_started' }, { status: 'executed', output: 'done 1' }],
  ] as const)('is settled by a person who found out: %j', async (found, expected) => {
    const [one, other] = two(stores)
    const { proposed } = await hung([one, other])
    await other.run(proposed)
    const [unknown] = await other.governor.receipts.list({ status: 'unknown' })
    const key = unknown?.key ?? ''
    expect(await other.governor.receipts.settle(key, { ...found, by: 'ops' })).toMatchObject({ settledBy: 'ops' })
    expect(await other.run(proposed)).toMatchObject(expected)
    expect(await codeOf(other.governor.receipts.settle(key, { ...found, by: 'ops' }))).toBe('not-pending')
  })

  it('of a suspended call is given back, and the call goes on under its decision, anywhere', async () => {
    const [one, other] = two(stores)
    const isControlFlow = (error: unknown): boolean => error === 'interrupt'
    const proposed = call('pay', { amount: 5 })
    const fences: number[] = []
    const interrupted = one.governor.run(
      proposed,
      ({ fencingToken }) => {
        fences.push(fencingToken)
        // eslint-disable-next-line no-throw-literal
        throw 'interrupt'
      },
      { isControlFlow },
    )
    await expect(interrupted).rejects.toBe('interrupt')
    const [given] = await one.governor.receipts.list()
    expect(given).toMatchObject({ status: 'claimed', leaseUntil: 0 })
    const execution = await other.governor.run(proposed, ({ fencingToken }) => fences.push(fencingToken), {
      isControlFlow,
    })
    expect(execution).toMatchObject({ status: 'executed', decision: { id: given?.decisionId } })
    expect(fences).toEqual([1, 2])
    expect(await other.governor.decisions.list()).toHaveLength(1)
  })
})

describe('what a receipt gives back', () => {
  it.each<[string, unknown]>([
    ['a date', new Date(0)],
    ['a map', new Map([['a', { b: new Date(1) }]])],
    ['a set', new Set([1, 2])],
    ['a large number', 2n ** 80n],
    ['no number', Number.NaN],
    ['bytes', new Uint8Array([1, 2, 3])],
    ['nothing', undefined],
    ['null', null],
    ['an address', new URL('https://example.com/a')],
    ['keys that look like tags', { $date: 'x', $$a: 1, a: 5n }],
    ['a key that is no key', JSON.parse('{"__proto__": {"a": 1}}')],
  ])('is %s, where that was the result', async (_what, output) => {
    const { governor } = bench(ALLOWED)
    const proposed = call('pay')
    expect(await governor.run(proposed, () => output)).toMatchObject({ status: 'executed' })
    const again = await governor.run(proposed, () => expect.unreachable())
    expect('output' in again && again.output).toEqual(output)
  })

  it.each<[string, () => unknown]>([
    [
      'a cycle',
      () => {
        const cycle: Record<string, unknown> = {}
        cycle['self'] = cycle
        return cycle
      },
    ],
    ['what cannot be read', () => new Blob(['x'])],
    [
      'what throws when read',
      () => ({
        get a(): never {
          throw new Error('no')
        },
      }),
    ],
    ['too much', () => 'x'.repeat(1_000_001)],
  ])('is a sentence, where the result was %s; the first run has it', async (_what, make) => {
    const { governor } = bench(ALLOWED)
    const proposed = call('pay')
    const output = make()
    const first = await governor.run(proposed, () => output)
    expect('output' in first && first.output).toBe(output)
    const again = await governor.run(proposed, () => expect.unreachable())
    expect(again).toMatchObject({ status: 'executed', replayed: true })
    expect('output' in again && again.output).toContain('was executed before; its result was not kept')
  })

  it('is not what became of the object later', async () => {
    const { run, governor } = bench(ALLOWED)
    const proposed = call('pay')
    const output = { lines: [1] }
    await governor.run(proposed, () => output)
    output.lines.push(2)
    expect(await run(proposed)).toMatchObject({ output: { lines: [1] } })
  })

  it('goes through the codec of whoever brings the call', async () => {
    const { governor } = bench(ALLOWED)
    const proposed = call('pay')
    const outputs = {
      encode: (output: unknown) => ({ text: (output as { text: string }).text.toUpperCase() }),
      decode: (stored: unknown) => ({ message: (stored as { text: string }).text }),
    }
    await governor.run(proposed, () => ({ text: 'paid' }), { outputs })
    const again = await governor.run(proposed, () => expect.unreachable(), { outputs })
    expect(again).toMatchObject({ output: { message: 'PAID' } })
  })

  it('is a sentence where the codec throws', async () => {
    const { governor, run } = bench(ALLOWED)
    const proposed = call('pay')
    const outputs = { encode: () => JSON.parse('{') as unknown, decode: () => 0 }
    expect(await governor.run(proposed, () => 'paid', { outputs })).toMatchObject({
      status: 'executed',
      output: 'paid',
    })
    expect(await run(proposed)).toMatchObject({ output: expect.stringContaining('not kept') as string })
  })

  it.each<[string, unknown, object]>([
    ['a text', 'no funds', { name: 'Error', message: 'no funds' }],
    ['what has no text', Object.create(null), { name: 'Error', message: 'no text' }],
    ['a long one', new TypeError('x'.repeat(5000)), { name: 'TypeError', message: 'x'.repeat(2000) }],
  ])('is an error, where %s was thrown', async (_what, thrown, expected) => {
    const { governor, run } = bench(ALLOWED)
    const proposed = call('pay')
    await governor.run(proposed, () => {
      throw thrown
    })
    expect(await run(proposed)).toMatchObject({ status: 'tool_error', error: expected, replayed: true })
  })
})

describe('a second claimant', () => {
  it('that is called off while it waits ends, and the first goes on', async () => {
    const { governor, clock } = bench(ALLOWED)
    const tool = Promise.withResolvers<string>()
    const proposed = call('pay')
    const first = governor.run(proposed, () => tool.promise)
    await settle()
    const abort = new AbortController()
    const second = governor.run(proposed, () => expect.unreachable(), { signal: abort.signal })
    await settle()
    const reason = new DOMException('stop', 'AbortError')
    abort.abort(reason)
    expect(await pump(clock, second)).toMatchObject({ status: 'tool_error', error: reason })
    tool.resolve('paid')
    expect(await first).toMatchObject({ status: 'executed', output: 'paid' })
    expect(await governor.run(proposed, () => expect.unreachable())).toMatchObject({ output: 'paid' })
  })

  it('in another process that is called off while it waits ends as well', async () => {
    const store = slowStore()
    const [one, other] = [bench({ ...ALLOWED, store }), bench({ ...ALLOWED, store })]
    const proposed = call('pay')
    const first = one.governor.run(proposed, () => new Promise(() => undefined))
    await settle()
    const abort = new AbortController()
    const second = other.run(proposed, { signal: abort.signal, isControlFlow: error => error === 'mine' })
    await settle()
    abort.abort('mine')
    await expect(second).rejects.toBe('mine')
    await expect(Promise.race([first, Promise.resolve('still running')])).resolves.toBe('still running')
  })

  it('in another process is refused when its governor is closed', async () => {
    const inner = slowStore()
    const [one, other] = [bench({ ...ALLOWED, store: inner }), bench({ ...ALLOWED, store: { ...inner } })]
    const proposed = call('pay')
    const first = one.governor.run(proposed, () => new Promise(() => undefined))
    await settle()
    const second = other.run(proposed)
    await settle()
    await other.governor.close()
    expect((await second).status).toBe('blocked')
    expect(other.ran).toEqual([])
    await expect(Promise.race([first, Promise.resolve('still running')])).resolves.toBe('still running')
  })

  it('goes on itself where the first was suspended', async () => {
    const { governor, run, ran } = bench(ALLOWED)
    const tool = Promise.withResolvers<never>()
    const proposed = call('pay')
    const first = governor.run(proposed, () => tool.promise, { isControlFlow: error => error === 'interrupt' })
    await settle()
    const second = run(proposed)
    tool.reject('interrupt')
    await expect(first).rejects.toBe('interrupt')
    expect(await second).toMatchObject({ status: 'executed', output: 'done 1' })
    expect(ran).toHaveLength(1)
  })

  it('is not refused for the room under a limit that the first has taken for it', async () => {
    const limit = { count: 'calls', per: 'actor', window: '1h', max: 1 } as const
    const policy = {
      rules: [
        { id: 'any', effect: 'allow' },
        { id: 'one', effect: 'deny', limit },
      ],
    } as const
    for (let turns = 0; turns < 30; turns++) {
      const { run, ran } = bench({ policy, store: slowStore() })
      const proposed = call('pay')
      const first = run(proposed)
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      const statuses = (await Promise.all([first, run(proposed)])).map(({ status }) => status)
      expect(statuses).toEqual(['executed', 'executed'])
      expect(ran).toHaveLength(1)
    }
  })
})

describe('a call that only reads', () => {
  it('keeps no receipt and runs as often as it is brought', async () => {
    const { governor, run, ran } = bench({ ...ALLOWED, tools: { look: { annotations: { readOnly: true } } } })
    const proposed = call('look')
    for (let times = 0; times < 3; times++) expect(await run(proposed)).not.toHaveProperty('replayed')
    expect(ran).toHaveLength(3)
    expect(await governor.receipts.list()).toEqual([])
  })

  it('and is said to destroy is taken for one with an effect', async () => {
    const annotations = { readOnly: true, destructive: true }
    const { governor, run, ran } = bench({ ...ALLOWED, tools: { look: { annotations } } })
    const proposed = call('look')
    await run(proposed)
    await run(proposed)
    expect(ran).toHaveLength(1)
    expect(await governor.receipts.list()).toHaveLength(1)
  })
})

describe('an effect', () => {
  it('that was called off in the middle has failed, even where its framework takes the error for a signal', async () => {
    const { governor, run, ran } = bench(ALLOWED)
    const abort = new AbortController()
    const proposed = call('pay')
    const running = governor.run(
      proposed,
      () => {
        abort.abort('stop')
        return Promise.reject(new Error('aborted'))
      },
      { signal: abort.signal, isControlFlow: () => true },
    )
    await expect(running).rejects.toThrow('aborted')
    expect(await governor.receipts.list()).toMatchObject([{ status: 'failed', error: { message: 'aborted' } }])
    expect(await run(proposed)).toMatchObject({ status: 'tool_error', replayed: true })
    expect(ran).toEqual([])
  })

  it('that was called off before it began can begin later', async () => {
    const { run, ran } = bench(ALLOWED)
    const proposed = call('pay')
    expect((await run(proposed, { signal: AbortSignal.abort('stop') })).status).toBe('tool_error')
    expect(await run(proposed)).toMatchObject({ status: 'executed' })
    expect(ran).toHaveLength(1)
  })

  it('is not begun again while a switch stops it', async () => {
    const { governor, run, ran } = bench({ ...ALLOWED, ...tools({ annotations: { idempotent: true } }) })
    const proposed = call('pay')
    await governor.run(proposed, () => Promise.reject(new Error('busy')))
    await governor.killSwitch.activate({ by: 'ops', reason: 'incident' })
    expect((await run(proposed)).status).toBe('blocked')
    expect(ran).toEqual([])
    await governor.killSwitch.deactivate({ by: 'ops' })
    expect((await run(proposed)).status).toBe('executed')
  })

  it('whose result was kept is given back whatever the policy, a limit or a switch say by now', async () => {
    const store = memoryStore()
    const { governor, run } = bench({ ...ALLOWED, store })
    const proposed = call('pay')
    await run(proposed)
    await governor.killSwitch.activate({ by: 'ops', reason: 'incident' })
    const later = bench({ store, policy: [{ id: 'no', effect: 'deny' }] })
    expect(await later.run(proposed)).toMatchObject({ status: 'executed', output: 'done 1', replayed: true })
  })

  it.each(['getReceipt', 'findApproval'] as const)(
    'is not begun where the store cannot tell whether it was before: %s',
    async operation => {
      const store: Store = { ...memoryStore(), [operation]: () => Promise.reject(new Error('disk')) }
      const { run, ran } = bench({ ...ALLOWED, store })
      expect(await run(call('pay'))).toMatchObject({ status: 'blocked', decision: { failMode: 'closed' } })
      expect(ran).toEqual([])
    },
  )

  it('whose result cannot be written down is unknown to others once its lease has run out', async () => {
    const inner = memoryStore()
    const store: Store = {
      ...inner,
      commit: commit =>
        commit.receipt?.status === 'succeeded' ? Promise.reject(new Error('disk')) : inner.commit(commit),
    }
    const { run, ran, clock, types } = bench({ ...ALLOWED, store })
    const proposed = call('pay')
    expect(await run(proposed)).toMatchObject({ status: 'executed', output: 'done 1' })
    expect(types()).toContain('store-failed')
    clock.advance(LEASE)
    expect((await run(proposed)).status).toBe('blocked')
    expect(ran).toHaveLength(1)
  })
})

describe('receipts', () => {
  it('keep the input only where the tool can be undone or reconciled', async () => {
    const { governor, run } = bench({
      ...ALLOWED,
      tools: { undoable: { undo: () => 0 }, known: { reconcile: () => undefined } },
    })
    for (const tool of ['plain', 'undoable', 'known']) await run(call(tool, { secret: 1 }))
    const kept = (await governor.receipts.list()).map(({ tool, input }) => [tool, input !== undefined])
    expect(Object.fromEntries(kept)).toEqual({ plain: false, undoable: true, known: true })
  })

  it('belong to their tenant', async () => {
    const { governor, run } = bench(ALLOWED)
    await run(call('pay'), { tenant: 'acme' })
    const [receipt] = await governor.session({ tenant: 'acme' }).receipts.list()
    const other = governor.session({ tenant: 'other' })
    expect(await other.receipts.list()).toEqual([])
    expect(await other.receipts.get(receipt?.key ?? '')).toBeUndefined()
    expect(await codeOf(other.receipts.settle(receipt?.key ?? '', { status: 'failed', by: 'ops' }))).toBe('not-found')
  })

  it.each<[unknown, string]>([
    [null, 'invalid-option'],
    [{ status: 'unknown', by: 'ops' }, 'invalid-option'],
    [{ status: 'failed' }, 'invalid-option'],
    [{ status: 'failed', by: '' }, 'invalid-option'],
    [{ status: 'failed', by: 'ops', out: 5 }, 'invalid-option'],
    [{ status: 'failed', by: 'ops' }, 'not-pending'],
  ])('are not settled by %j', async (settlement, code) => {
    const { governor, run } = bench(ALLOWED)
    await run(call('pay'))
    const [receipt] = await governor.receipts.list()
    expect(await codeOf(governor.receipts.settle(receipt?.key ?? '', settlement as never))).toBe(code)
  })
})
