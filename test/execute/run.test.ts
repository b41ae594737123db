import { createGovernor, isGovernanceError, memoryStore, refusalText } from 'countersign'
import type { ExecutionContext, Store } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, govern, oneRule, settle, slowStore, testClock } from '../support/governing.js'

describe('an allowed call', () => {
  it('is executed once, with the input that was decided on, and its output comes back', async () => {
    const { governor, clock } = govern({ unlisted: 'allow' })
    const proposed = call('t', { amount: 5 })
    const seen: ExecutionContext[] = []
    const { signal } = new AbortController()
    const execution = await governor.run(
      proposed,
      context => {
        const { idempotencyKey, fencingToken, signal: handed, input, decision } = context
        seen.push({ idempotencyKey, fencingToken, signal: handed, input, decision })
        clock.advance(7)
        return Promise.resolve('done')
      },
      { signal },
    )
    expect(execution).toMatchObject({ status: 'executed', output: 'done' })
    expect(seen).toEqual([
      {
        idempotencyKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        fencingToken: 1,
        signal,
        input: { amount: 5 },
        decision: execution.decision,
      },
    ])
    expect(seen[0]?.input).toBe(proposed.input)
    expect(await governor.decisions.get(execution.decision.id)).toMatchObject({
      result: 'allowed',
      execution: { status: 'executed', durationMs: 7, decisionId: execution.decision.id, at: clock.now() },
    })
  })

  it('has a context whose key survives being copied', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    const execution = await governor.run(call('t'), context => [context.idempotencyKey, { ...context }.idempotencyKey])
    expect(execution).toMatchObject({ status: 'executed' })
    const [key, copied] = (execution as { output: string[] }).output
    expect(copied).toBe(key)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
  })

  it('may answer with anything that can be awaited', async () => {
    const thenable = (
      settle: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void,
    ): PromiseLike<unknown> => Object.defineProperty({}, 'then', { value: settle }) as PromiseLike<unknown>
    const { governor } = govern({ unlisted: 'allow' })
    const run = (output: unknown): Promise<unknown> => governor.run(call('t'), () => output)
    expect(await run(thenable(resolve => resolve('done')))).toMatchObject({ status: 'executed', output: 'done' })
    expect(await run(thenable(resolve => resolve(Promise.resolve('inner'))))).toMatchObject({ output: 'inner' })
    expect(await run(thenable((_resolve, reject) => reject('no')))).toMatchObject({ status: 'tool_error', error: 'no' })
    expect(await run(undefined)).toMatchObject({ status: 'executed', output: undefined })
  })

  it('has a key that is the same for the same call and differs for any other', async () => {
    const keyOf = async (of: { id?: string; name?: string; input?: unknown }, scope: object = {}): Promise<string> => {
      const { governor } = govern({ unlisted: 'allow' })
      const execution = await governor.run(
        { id: '1', name: 't', input: {}, ...of },
        ({ idempotencyKey }) => idempotencyKey,
        scope,
      )
      return execution.status === 'executed' ? execution.output : execution.status
    }
    const same = await keyOf({})
    expect(await keyOf({})).toBe(same)
    expect(await keyOf({}, { domain: 'd', model: 'm', traceId: 't' })).toBe(same)
    const others = await Promise.all([
      keyOf({ id: '2' }),
      keyOf({ name: 'u' }),
      keyOf({ input: { a: 1 } }),
      keyOf({}, { actor: 'other' }),
      keyOf({}, { tenant: 'acme' }),
      keyOf({}, { sessionId: 's' }),
      keyOf({}, { user: 'ann' }),
    ])
    expect(new Set([same, ...others]).size).toBe(8)
  })

  it('is executed, refused and held by a store that takes a while as well', async () => {
    const { governor } = govern({
      store: slowStore(),
      policy: [
        { id: 'a', tools: ['a'], effect: 'allow' },
        { id: 'd', tools: ['d'], effect: 'deny' },
      ],
    })
    const statuses: string[] = []
    for (const tool of ['a', 'd', 'h']) {
      const execution = await governor.run(call(tool), () => 1)
      statuses.push(execution.status)
      expect(await governor.decisions.get(execution.decision.id)).toMatchObject({
        execution: { status: execution.status },
      })
    }
    expect(statuses).toEqual(['executed', 'blocked', 'approval_required'])
  })

  it.each([
    ['an error', new RangeError('no funds'), 'RangeError: no funds'],
    ['a text', 'no funds', 'Error: no funds'],
    ['nothing', undefined, undefined],
    ['what has no text', Object.create(null), 'Error: no text'],
    ['a long error', new Error('x'.repeat(600)), `Error: ${'x'.repeat(493)}`],
  ])('that throws %s is a tool error, recorded and not thrown', async (_what, error: unknown, stored) => {
    const { governor } = govern({ unlisted: 'allow' })
    const execution = await governor.run(call('t'), () => {
      throw error
    })
    expect(execution).toEqual({ status: 'tool_error', decision: execution.decision, error })
    const record = await governor.decisions.get(execution.decision.id)
    expect(record).toMatchObject({ result: 'allowed', execution: { status: 'tool_error' } })
    expect(record?.execution?.error).toBe(stored)
  })

  it('whose signal was aborted before it began does not begin', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    const reason = new DOMException('stop', 'AbortError')
    const execution = await governor.run(call('t'), () => expect.unreachable(), { signal: AbortSignal.abort(reason) })
    expect(execution).toMatchObject({ status: 'tool_error', error: reason })
  })
})

describe('a refused call', () => {
  it('tells the model that it did not run, why, and what to do instead', async () => {
    const { governor } = govern({ policy: oneRule({ reason: 'too much' }) })
    const execution = await governor.run(call('refund'), () => expect.unreachable())
    expect(execution).toEqual({
      status: 'blocked',
      decision: execution.decision,
      message: expect.stringMatching(
        /^The call to tool "refund" was not executed: .*\(too much\).*Do not retry/,
      ) as unknown,
    })
    expect(refusalText(execution.decision)).toBe(execution.status === 'blocked' ? execution.message : '')
  })

  it('that was only asked about can be told of, too', async () => {
    const decision = await govern().governor.decide(call('t'))
    expect(refusalText(decision)).toContain(decision.id)
  })

  it('that is held says so, and is listed with its arguments', async () => {
    const { governor } = govern({ domain: 'support', policy: oneRule({ effect: 'require_approval', reason: 'ask' }) })
    const proposed = call('refund', { amount: 5, target: 'o' })
    const execution = await governor.run(proposed, () => expect.unreachable(), {
      user: 'ann',
      tenant: 'acme',
      sessionId: 's',
    })
    if (execution.status !== 'approval_required') return expect.unreachable()
    const { approvalId, decision, message } = execution
    expect(message).toContain(approvalId)
    expect(message).toMatch(/^The call to tool "refund" was not executed: .*approval/)
    expect(decision).toMatchObject({ result: 'requires_approval', approvalId })
    const approval = await governor.approvals.get(approvalId)
    expect(approval).toEqual({
      id: approvalId,
      revision: 1,
      status: 'pending',
      key: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      decisionId: decision.id,
      at: decision.at,
      expiresAt: decision.at + 3_600_000,
      call: proposed,
      digest: decision.digest,
      actor: 'AI_AGENT',
      domain: 'support',
      value: 5,
      target: 'o',
      user: 'ann',
      tenant: 'acme',
      sessionId: 's',
      reason: 'ask',
      policyVersion: decision.policy.version,
      approver: 'chat-user',
      stages: [{ quorum: 1 }],
      onExpiry: 'reject',
      escalateTo: [],
      votes: [],
    })
    expect(await governor.approvals.list()).toEqual([approval])
    expect(await governor.decisions.get(decision.id)).toMatchObject({
      execution: { status: 'approval_required', durationMs: 0 },
    })
  })

  it('that says little of itself is listed with no more', async () => {
    const { governor } = govern()
    const execution = await governor.run(call('t'), () => expect.unreachable())
    const approval = await governor.approvals.get(execution.decision.approvalId ?? '')
    expect(approval).toBeDefined()
    for (const field of ['domain', 'value', 'target', 'user', 'tenant', 'sessionId', 'escalated', 'edit'])
      expect(approval).not.toHaveProperty(field)
  })

  it('that is brought again waits for the same answer', async () => {
    const { governor, clock } = govern()
    const proposed = call('t', { a: 1 })
    const first = await governor.run(proposed, () => expect.unreachable())
    clock.advance(1000)
    const again = await governor.run({ ...proposed, input: { a: 1 } }, () => expect.unreachable())
    expect(again.decision.id).toBe(first.decision.id)
    const others = [
      await governor.run({ ...proposed, input: { a: 2 } }, () => expect.unreachable()),
      await governor.run({ ...proposed, id: 'another' }, () => expect.unreachable()),
      await governor.run({ ...proposed, name: 'u' }, () => expect.unreachable()),
      await governor.run(proposed, () => expect.unreachable(), { actor: 'other' }),
      await governor.run(proposed, () => expect.unreachable(), { tenant: 'acme' }),
      await governor.run(proposed, () => expect.unreachable(), { sessionId: 's' }),
    ]
    expect(new Set([first, ...others].map(({ decision }) => decision.approvalId)).size).toBe(7)
    expect(await governor.approvals.list()).toHaveLength(7)
  })

  it('keeps the arguments as they were asked about, whatever becomes of the object', async () => {
    const { governor } = govern()
    const input = { amount: 5 }
    const execution = await governor.run(call('t', input), () => expect.unreachable())
    input.amount = 5000
    const approval = await governor.approvals.get(execution.decision.approvalId ?? '')
    expect(approval?.call.input).toEqual({ amount: 5 })
  })
})

describe('an input that changes between decision and execution', () => {
  const mutating = (mutate: () => void): Store => {
    const inner = memoryStore()
    return {
      ...inner,
      commit: commit => {
        const result = inner.commit(commit)
        mutate()
        return result
      },
    }
  }

  it('is not executed', async () => {
    const input: Record<string, unknown> = { amount: 5 }
    const { governor, events } = govern({ unlisted: 'allow', store: mutating(() => (input['amount'] = 5000)) })
    const execution = await governor.run(call('refund', input), () => expect.unreachable())
    expect(execution).toMatchObject({
      status: 'blocked',
      message:
        'The call to tool "refund" was not executed: its input changed after the decision. Call the tool again if it is still needed, with the arguments you mean.',
      decision: { result: 'allowed' },
    })
    expect(events.map(({ type }) => type)).toEqual(['decision-made', 'tool-refused'])
    expect(events[1]).toMatchObject({ execution: { status: 'blocked', durationMs: 0 } })
  })

  it('into something that has no fingerprint is not executed either', async () => {
    const input: Record<string, unknown> = { amount: 5 }
    const store = mutating(() => (input['self'] = input))
    const { status } = await govern({ unlisted: 'allow', store }).governor.run(call('t', input), () =>
      expect.unreachable(),
    )
    expect(status).toBe('blocked')
  })
})

describe('a prepared decision', () => {
  const limited = {
    rules: [
      { id: 'any', effect: 'allow' },
      { id: 'limit', effect: 'deny', limit: { count: 'calls', per: 'actor', window: '1h', max: 1 } },
    ],
  } as const

  it('is the decision of the following run: one decision, one spend', async () => {
    const { governor, events } = govern({ policy: limited })
    const proposed = call('t')
    const { decision: prepared } = await governor.prepare(proposed)
    expect((await governor.prepare(proposed)).decision.id).toBe(prepared.id)
    const execution = await governor.run(proposed, () => 1)
    expect(execution).toMatchObject({ status: 'executed', decision: { id: prepared.id } })
    expect(await governor.decisions.list()).toHaveLength(1)
    expect(events.map(({ type }) => type)).toEqual(['decision-made', 'tool-executed'])
  })

  it('is used once', async () => {
    const { governor } = govern({ policy: limited })
    const proposed = call('t')
    await governor.prepare(proposed)
    expect(await governor.run(proposed, () => 1)).not.toHaveProperty('replayed')
    const again = await governor.run(proposed, () => expect.unreachable())
    expect(again).toMatchObject({ status: 'executed', output: 1, replayed: true })
    expect((await governor.run(call('t'), () => expect.unreachable())).status).toBe('blocked')
  })

  it('is used once by two runs at the same time', async () => {
    const { governor } = govern({ policy: limited })
    const proposed = call('t')
    await governor.prepare(proposed)
    const statuses = await Promise.all([governor.run(proposed, () => 1), governor.run(proposed, () => 1)])
    expect(statuses.map(({ status }) => status).toSorted()).toEqual(['blocked', 'executed'])
  })

  it.each<[string, object, object]>([
    ['input', { input: { a: 2 } }, {}],
    ['id', { id: 'other' }, {}],
    ['tool', { name: 'u' }, {}],
    ['actor', {}, { actor: 'other' }],
    ['tenant', {}, { tenant: 'other' }],
    ['session', {}, { sessionId: 'other' }],
    ['user', {}, { user: 'other' }],
    ['domain', {}, { domain: 'other' }],
    ['model', {}, { model: 'other' }],
    ['action', {}, { profile: { action: 'other' } }],
    ['value', {}, { profile: { value: 9 } }],
    ['target', {}, { profile: { target: 'other' } }],
    ['annotation', {}, { profile: { annotations: { readOnly: true } } }],
    ['metadata', {}, { profile: { metadata: { region: 'other' } } }],
  ])('is not that of a call of another %s', async (_what, change, scope) => {
    const { governor } = govern({ unlisted: 'allow' })
    const proposed = call('t', { a: 1 })
    const { decision: prepared } = await governor.prepare(proposed)
    const execution = await governor.run({ ...proposed, ...change }, () => 1, scope)
    expect(execution.decision.id).not.toBe(prepared.id)
  })

  it('is kept for each of several sessions that use the same call id and input', async () => {
    const { governor } = govern({
      policy: {
        rules: [
          { id: 'any', effect: 'allow' },
          { ...limited.rules[1], limit: { ...limited.rules[1].limit, max: 2 } },
        ],
      },
    })
    const proposed = call('t')
    const [one, two] = [governor.session({ sessionId: 'one' }), governor.session({ sessionId: 'two' })]
    const prepared = [await one.prepare(proposed), await two.prepare(proposed)]
    const executions = [await one.run(proposed, () => 1), await two.run(proposed, () => 1)]
    expect(executions.map(({ status }) => status)).toEqual(['executed', 'executed'])
    expect(executions.map(({ decision }) => decision.id)).toEqual(prepared.map(({ decision }) => decision.id))
    expect(await governor.decisions.list()).toHaveLength(2)
  })

  it('is one for all who prepare the same call at the same time', async () => {
    const { governor } = govern({ unlisted: 'require_approval', store: slowStore() })
    const proposed = call('t')
    const [one, two] = await Promise.all([governor.prepare(proposed), governor.prepare(proposed)])
    expect(one?.decision.id).toBe(two?.decision.id)
    expect(await governor.approvals.list()).toHaveLength(1)
  })

  it('is forgotten after five minutes', async () => {
    const { governor, clock } = govern({ unlisted: 'allow' })
    const proposed = call('t')
    const { decision: prepared } = await governor.prepare(proposed)
    clock.advance(5 * 60_000)
    expect((await governor.prepare(proposed)).decision.id).toBe(prepared.id)
    clock.advance(1)
    expect((await governor.run(proposed, () => 1)).decision.id).not.toBe(prepared.id)
  })

  it('that refuses is the refusal of the run', async () => {
    const { governor } = govern()
    const proposed = call('t')
    const { decision: prepared } = await governor.prepare(proposed)
    const execution = await governor.run(proposed, () => expect.unreachable())
    expect(execution).toMatchObject({ status: 'approval_required', decision: { id: prepared.id } })
  })

  it('does not outlive a kill switch', async () => {
    for (const scope of [{}, { tool: 't' }]) {
      const { governor } = govern({ unlisted: 'allow' })
      const proposed = call('t')
      await governor.prepare(proposed)
      await governor.killSwitch.activate({ by: 'ann', reason: 'incident', ...scope })
      const execution = await governor.run(proposed, () => expect.unreachable())
      expect(execution.decision.findings[0]?.rule).toBe('kill-switch')
    }
  })

  it('does not outlive a kill switch that another governor threw', async () => {
    const store = memoryStore()
    const { governor, clock } = govern({ unlisted: 'allow', store })
    const elsewhere = createGovernor({ store, clock })
    const [stopped, other] = [call('t'), call('u')]
    await governor.prepare(stopped)
    const { decision: prepared } = await governor.prepare(other)
    await elsewhere.killSwitch.activate({ by: 'ann', reason: 'incident', tool: 't' })
    expect((await governor.run(stopped, () => expect.unreachable())).decision.findings[0]?.rule).toBe('kill-switch')
    expect((await governor.run(other, () => 1)).decision.id).toBe(prepared.id)
  })

  it('is held against the switches of a store that takes a while, too', async () => {
    const store = slowStore()
    const { governor, clock } = govern({ unlisted: 'allow', store })
    const elsewhere = createGovernor({ store, clock })
    const [stopped, other] = [call('t'), call('u')]
    await governor.prepare(stopped)
    const { decision: prepared } = await governor.prepare(other)
    await elsewhere.killSwitch.activate({ by: 'ann', reason: 'incident', tool: 't' })
    expect((await governor.run(stopped, () => expect.unreachable())).status).toBe('blocked')
    expect((await governor.run(other, () => 1)).decision.id).toBe(prepared.id)
  })

  it('is decided anew where the switches, in time, turn out to be nonsense', async () => {
    let broken = false
    const inner = memoryStore()
    const store: Store = { ...inner, killSwitches: async () => (broken ? (7 as never) : inner.killSwitches()) }
    const { governor } = govern({ unlisted: 'allow', store })
    const proposed = call('t')
    await governor.prepare(proposed)
    broken = true
    const execution = await governor.run(proposed, () => expect.unreachable())
    expect(execution.decision).toMatchObject({ result: 'blocked', failMode: 'closed' })
  })

  it('is decided anew where the switches cannot be read', async () => {
    let broken = false
    const inner = memoryStore()
    const store: Store = {
      ...inner,
      killSwitches: () => {
        if (broken) throw new Error('gone')
        return inner.killSwitches()
      },
    }
    const { governor } = govern({ unlisted: 'allow', store })
    const proposed = call('t')
    await governor.prepare(proposed)
    broken = true
    const execution = await governor.run(proposed, () => expect.unreachable())
    expect(execution.decision).toMatchObject({ result: 'blocked', failMode: 'closed' })
  })
})

describe('a call that a conversation brings back as approved', () => {
  it('is not run: history is input, not evidence', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    const execution = await governor.run(call('t'), () => expect.unreachable(), { resumed: true })
    expect(execution.status).toBe('blocked')
    expect(execution.decision.findings.at(-1)).toMatchObject({ rule: 'resume', effect: 'deny', hard: true })
    expect(execution.decision.reason).toContain('not evidence')
    expect(execution.decision.recommendation).toBe('do_not_proceed')
  })

  it('stays held where it was held and denied where it was denied, is not asked about where nobody was, nor run where it was prepared', async () => {
    const { governor } = govern({
      policy: [
        { id: 'no', tools: ['bad'], effect: 'deny' },
        { id: 'ok', tools: ['good'], effect: 'allow' },
      ],
    })
    const fresh = await governor.run(call('t'), () => expect.unreachable(), { resumed: true })
    expect(fresh.status).toBe('blocked')
    expect(fresh.decision.reason).toMatch(/^an approval in the conversation is not evidence/)
    expect(await governor.approvals.list()).toEqual([])
    const held = call('t')
    await governor.run(held, () => expect.unreachable())
    expect((await governor.run(held, () => expect.unreachable(), { resumed: true })).status).toBe('approval_required')
    expect((await governor.run(call('bad'), () => expect.unreachable(), { resumed: true })).status).toBe('blocked')
    const prepared = call('good')
    expect((await governor.prepare(prepared)).next).toBe('run')
    expect((await governor.prepare(prepared, { resumed: true })).next).toBe('refuse')
    expect((await governor.run(prepared, () => expect.unreachable(), { resumed: true })).status).toBe('blocked')
  })

  it('is blocked in advisory mode too', async () => {
    const { governor } = govern({ mode: 'advisory' })
    expect((await governor.run(call('t'), () => expect.unreachable(), { resumed: true })).status).toBe('blocked')
  })
})

describe("a framework's signal (law 11)", () => {
  class Interrupt extends Error {}
  const isControlFlow = (error: unknown): boolean => error instanceof Interrupt

  it('passes through untouched, is not an error, and the call goes on under the same decision', async () => {
    const { governor, events } = govern({ unlisted: 'allow' })
    const proposed = call('t')
    const signal = new Interrupt('wait')
    const interrupted = governor.run(
      proposed,
      () => {
        throw signal
      },
      { isControlFlow },
    )
    await expect(interrupted).rejects.toBe(signal)
    const [first] = await governor.decisions.list()
    expect(first).not.toHaveProperty('execution')
    const execution = await governor.run(proposed, () => 1, { isControlFlow })
    expect(execution).toMatchObject({ status: 'executed', decision: { id: first?.id } })
    expect(events.map(({ type }) => type)).toEqual(['decision-made', 'tool-suspended', 'tool-executed'])
  })

  it('is told from an error; a test that throws recognises nothing', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    const fail = (): never => {
      throw new TypeError('x')
    }
    expect((await governor.run(call('t'), fail, { isControlFlow })).status).toBe('tool_error')
    const broken = (): boolean => {
      throw new Error('test')
    }
    expect((await governor.run(call('t'), fail, { isControlFlow: broken })).status).toBe('tool_error')
    expect((await governor.run(call('t'), fail, { isControlFlow: (() => 1) as never })).status).toBe('tool_error')
  })
})

describe('closing', () => {
  it('waits for what runs, then blocks everything and touches the store no more', async () => {
    let closed = 0
    const inner = memoryStore()
    const store: Store = { ...inner, close: () => void closed++ }
    const { governor } = govern({ unlisted: 'allow', failMode: 'open', store })
    const tool = Promise.withResolvers<string>()
    const prepared = call('t')
    await governor.prepare(prepared)
    const running = governor.run(call('t'), () => tool.promise)
    await settle()
    const closing = [governor.close(), governor.close()]
    await settle()
    expect(closed).toBe(0)
    const late = await governor.run(call('t'), () => expect.unreachable())
    expect(late).toMatchObject({
      status: 'blocked',
      decision: { reason: 'the governor is closed', policy: { version: '' } },
    })
    expect((await governor.run(prepared, () => expect.unreachable())).status).toBe('blocked')
    expect((await governor.decide(call('t'))).result).toBe('blocked')
    expect((await governor.prepare(call('t'))).next).toBe('refuse')
    tool.resolve('done')
    await Promise.all(closing)
    expect(closed).toBe(1)
    expect(await running).toMatchObject({ status: 'executed', output: 'done' })
    expect(inner.getDecision(late.decision.id)).toBeUndefined()
  })

  it('happens at the end of an await using block', async () => {
    let closed = false
    {
      await using governor = createGovernor({
        clock: testClock(),
        store: { ...memoryStore(), close: () => void (closed = true) },
      })
      expect((await governor.decide(call('t'))).result).toBe('requires_approval')
    }
    expect(closed).toBe(true)
  })

  it('is told when the store fails to close', async () => {
    const { governor } = govern({ store: { ...memoryStore(), close: () => Promise.reject(new Error('disk')) } })
    await expect(governor.close()).rejects.toThrow('disk')
  })
})

describe('an error of ours', () => {
  it('is recognised by its code, and nothing else is', async () => {
    const error: unknown = await govern()
      .governor.killSwitch.deactivate({ by: 'ann' })
      .catch((thrown: unknown) => thrown)
    expect(isGovernanceError(error)).toBe(true)
    expect(isGovernanceError(error, 'not-found')).toBe(true)
    expect(isGovernanceError(error, 'closed')).toBe(false)
    for (const other of [new Error('x'), null, undefined, 'not-found', { code: 'not-found' }]) {
      expect(isGovernanceError(other)).toBe(false)
    }
  })
})
