import { memoryStore } from 'countersign'
import type { ApprovalContext, ApprovalOptions, PolicyDocument, Store } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, settle, slowStore, testClock } from '../support/governing.js'
import { bench, codeOf, HELD, onEachStore, pump, textOf } from './support.js'

const SCOPE = { actor: 'agent', user: 'ann', tenant: 'acme', sessionId: 's' }
const APPROVED = { resolution: 'approved', by: 'bob' } as const
const STRICTER: PolicyDocument = { rules: [...HELD.rules, { id: 'other', tools: ['other'], effect: 'deny' }] }
const DENYING: PolicyDocument = { rules: [...HELD.rules, { id: 'no-more', effect: 'deny', reason: 'no more refunds' }] }

onEachStore('an approval (law 4)', ({ fresh, pair }) => {
  it('is for the call it was given for, and for no other', async () => {
    const { governor, run, ask, ran } = bench({ store: fresh() })
    const proposed = call('refund', { amount: 5 })
    const id = await ask(proposed, SCOPE)
    await governor.approvals.resolve(id, APPROVED)
    const others = [
      run({ ...proposed, input: { amount: 6 } }, SCOPE),
      run({ ...proposed, name: 'wire' }, SCOPE),
      run({ ...proposed, id: 'another' }, SCOPE),
      run(proposed, { ...SCOPE, actor: 'other' }),
      run(proposed, { ...SCOPE, user: 'eve' }),
      run(proposed, { ...SCOPE, user: undefined }),
      run(proposed, { ...SCOPE, tenant: 'other' }),
      run(proposed, { ...SCOPE, sessionId: 'other' }),
    ]
    for (const other of others) expect((await other).status).toBe('approval_required')
    expect(ran).toEqual([])
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'approved' })
    expect((await run(proposed, { ...SCOPE, resumed: true })).status).toBe('executed')
  })

  it('is used once: by one of many runs at the same time, in two governors; the others get its result', async () => {
    const [one, two] = pair()
    const clock = testClock()
    const [first, second] = [bench({ store: one, clock }), bench({ store: two, clock })]
    const proposed = call('refund', { amount: 5 })
    const id = await first.ask(proposed, SCOPE)
    await second.governor.approvals.resolve(id, APPROVED)
    const runs = Array.from({ length: 8 }, (_, index) =>
      (index % 2 === 0 ? first : second).run(proposed, { ...SCOPE, resumed: true }),
    )
    const executions = await pump(clock, Promise.all(runs))
    expect(executions.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'executed'))
    expect([...first.ran, ...second.ran]).toEqual([{ amount: 5 }])
    expect(executions.filter(execution => !('replayed' in execution))).toHaveLength(1)
    expect(new Set(executions.map(execution => 'output' in execution && execution.output))).toEqual(new Set(['done 1']))
    expect(await first.governor.approvals.get(id)).toMatchObject({ status: 'consumed', revision: 3 })
  })

  it('is worth nothing where the policy denies the call by now', async () => {
    const [one, two] = pair()
    const first = bench({ store: one })
    const proposed = call('refund')
    const id = await first.ask(proposed)
    await first.governor.approvals.resolve(id, APPROVED)
    const later = bench({ store: two, clock: first.clock, policy: DENYING })
    for (const resumed of [true, false]) {
      const execution = await later.run(proposed, { resumed })
      expect(execution).toMatchObject({ status: 'blocked', decision: { result: 'blocked' } })
      expect(textOf(execution)).toContain('no more refunds')
    }
    expect(later.ran).toEqual([])
    expect(await first.governor.approvals.get(id)).toMatchObject({ status: 'approved' })
  })

  it('is worth nothing under another policy: a conversation is refused, and anybody else is asked anew', async () => {
    const [one, two] = pair()
    const first = bench({ store: one })
    const proposed = call('refund')
    const id = await first.ask(proposed)
    await first.governor.approvals.resolve(id, APPROVED)
    const later = bench({ store: two, clock: first.clock, policy: STRICTER })
    const resumed = await later.run(proposed, { resumed: true })
    expect(resumed.status).toBe('blocked')
    expect(textOf(resumed)).toContain('the policy has changed since')
    const again = await later.ask(proposed)
    expect(again).not.toBe(id)
    await later.governor.approvals.resolve(again, APPROVED)
    expect((await later.run(proposed, { resumed: true })).status).toBe('executed')
  })

  it('that still waits is cancelled when another policy asks anew', async () => {
    const [one, two] = pair()
    const first = bench({ store: one })
    const proposed = call('refund')
    const id = await first.ask(proposed)
    const later = bench({ store: two, clock: first.clock, policy: STRICTER })
    await later.ask(proposed)
    expect(await first.governor.approvals.get(id)).toMatchObject({
      status: 'cancelled',
      comment: 'the policy has changed',
    })
    expect(await codeOf(first.governor.approvals.resolve(id, APPROVED))).toBe('not-pending')
  })

  it('of each of two policies that are in use at once stands for itself', async () => {
    const [one, two] = pair()
    const first = bench({ store: one })
    const later = bench({ store: two, clock: first.clock, policy: STRICTER })
    const proposed = call('refund')
    const id = await first.ask(proposed)
    await first.governor.approvals.resolve(id, APPROVED)
    await later.ask(proposed)
    expect((await first.run(proposed)).status).toBe('executed')
    expect((await later.run(proposed)).status).toBe('executed')
    expect([...first.ran, ...later.ran]).toHaveLength(1)
  })

  it('does not go over a kill switch, and can be used once that is off', async () => {
    const { governor, run, ask, ran } = bench({ store: fresh() })
    const proposed = call('refund')
    await governor.approvals.resolve(await ask(proposed), APPROVED)
    await governor.killSwitch.activate({ by: 'ops', reason: 'incident', tool: 'refund' })
    expect((await run(proposed, { resumed: true })).status).toBe('blocked')
    expect(ran).toEqual([])
    await governor.killSwitch.deactivate({ by: 'ops', tool: 'refund' })
    expect((await run(proposed, { resumed: true })).status).toBe('executed')
  })

  it('is counted in limits when it is used, and not when it is given', async () => {
    const cap = { id: 'cap', limit: { sum: 'value', per: 'actor', window: '1h', max: 10 }, effect: 'deny' } as const
    const { governor, run, ask, ran } = bench({ store: fresh(), policy: { rules: [...HELD.rules, cap] } })
    const calls = [call('refund', { amount: 6 }), call('refund', { amount: 6 }), call('refund', { amount: 4 })]
    for (const proposed of calls) await governor.approvals.resolve(await ask(proposed), APPROVED)
    const statuses: string[] = []
    for (const proposed of calls) statuses.push((await run(proposed)).status)
    expect(statuses).toEqual(['executed', 'blocked', 'executed'])
    expect(ran).toEqual([{ amount: 6 }, { amount: 4 }])
    expect((await run(call('refund', { amount: 1 }))).status).toBe('blocked')
  })

  it('never lets more through at the same time than a limit has room for', async () => {
    const cap = { id: 'cap', limit: { count: 'calls', per: 'actor', window: '1h', max: 3 }, effect: 'deny' } as const
    const { governor, run, ask, ran } = bench({ store: fresh(), policy: { rules: [...HELD.rules, cap] } })
    const calls = Array.from({ length: 6 }, () => call('refund'))
    for (const proposed of calls) await governor.approvals.resolve(await ask(proposed), APPROVED)
    await Promise.all(calls.map(proposed => run(proposed)))
    expect(ran).toHaveLength(3)
  })

  it('given elsewhere wakes the call that waits for it', async () => {
    const [one, two] = pair()
    const clock = testClock()
    const waiter = bench({ store: one, clock })
    const inbox = bench({ store: two, clock })
    const proposed = call('refund', { amount: 5 })
    const running = waiter.run(proposed, { waits: true })
    const pending = async (): Promise<string> => {
      for (;;) {
        const [approval] = await inbox.governor.approvals.list({ status: 'pending' })
        if (approval !== undefined) return approval.id
      }
    }
    const id = await pump(clock, pending())
    expect(waiter.ran).toEqual([])
    await inbox.governor.approvals.resolve(id, APPROVED)
    expect(await pump(clock, running)).toMatchObject({
      status: 'executed',
      approvalLoop: { required: true, resolved: true, resumed: true, requestId: id },
    })
    expect(waiter.ran).toEqual([{ amount: 5 }])
  })
})

describe('an approval that expires while its call is looked at once more', () => {
  it('is not used', async () => {
    const clock = testClock()
    let asked = 0
    const slow = {
      id: 'slow',
      effect: 'require_approval',
      when: () => (++asked === 3 && clock.advance(1000), true),
    } as const
    const { governor, run, ask, ran } = bench({ clock, policy: [slow], approvals: { ttlMs: 1000 } })
    const proposed = call('refund', { amount: 5 })
    const id = await ask(proposed)
    // Looked at as it is approved; then, as it runs, once for the call that was proposed and once for the one that runs.
    asked = 0
    await governor.approvals.resolve(id, { ...APPROVED, input: { amount: 4 } })
    expect((await run(proposed)).status).toBe('blocked')
    expect(asked).toBeGreaterThanOrEqual(3)
    expect(ran).toEqual([])
    expect(await governor.approvals.get(id)).toMatchObject({ status: 'expired' })
  })
})

describe('a call that waits for its answer', () => {
  it('ends when it is called off; the request stays, and can still be answered', async () => {
    const { governor, run, ran } = bench()
    const proposed = call('refund')
    const abort = new AbortController()
    const running = run(proposed, { waits: true, signal: abort.signal })
    await settle()
    const reason = new DOMException('stop', 'AbortError')
    abort.abort(reason)
    const execution = await running
    expect(execution).toMatchObject({
      status: 'tool_error',
      error: reason,
      approvalLoop: { resolved: false, resumed: false },
    })
    const id = execution.decision.approvalId ?? ''
    await governor.approvals.resolve(id, APPROVED)
    expect((await run(proposed, { resumed: true })).status).toBe('executed')
    expect(ran).toHaveLength(1)
  })

  it('throws the signal on where the framework takes it for its own', async () => {
    const { run } = bench()
    const abort = new AbortController()
    const running = run(call('refund'), { waits: true, signal: abort.signal, isControlFlow: error => error === 'mine' })
    await settle()
    abort.abort('mine')
    await expect(running).rejects.toBe('mine')
  })

  it('is refused when it is rejected, and when nobody answers in time', async () => {
    const { governor, clock, run, ran } = bench()
    const rejected = run(call('refund'), { waits: true })
    const forgotten = run(call('refund'), { waits: true })
    await settle()
    const [, first] = await governor.approvals.list()
    await governor.approvals.resolve(first?.id ?? '', { resolution: 'rejected', by: 'bob', comment: 'no' })
    expect(textOf(await rejected)).toContain('("no")')
    clock.advance(3_600_000)
    expect(textOf(await forgotten)).toContain('nobody approved it in time')
    expect(ran).toEqual([])
  })

  it('is decided on again once it is answered', async () => {
    const { governor, run, ran } = bench()
    const running = run(call('refund'), { waits: true })
    await settle()
    await governor.killSwitch.activate({ by: 'ops', reason: 'incident' })
    const [approval] = await governor.approvals.list()
    await governor.approvals.resolve(approval?.id ?? '', APPROVED)
    expect(await running).toMatchObject({ status: 'blocked', approvalLoop: { resolved: true, resumed: false } })
    expect(ran).toEqual([])
  })

  it('ends when the governor is closed', async () => {
    const { governor, run } = bench()
    const running = run(call('refund'), { waits: true })
    await settle()
    await governor.close()
    expect((await running).status).toBe('approval_required')
  })
})

describe('onApprovalRequired', () => {
  const asking = (answer: ApprovalOptions['onApprovalRequired']) => {
    const seen: ApprovalContext[] = []
    const onApprovalRequired: ApprovalOptions['onApprovalRequired'] = context => {
      seen.push(context)
      return answer?.(context)
    }
    return { seen, ...bench({ approvals: { onApprovalRequired } }) }
  }

  it('is shown the call with its arguments, and approves it', async () => {
    const { governor, seen, run, ran } = asking(() => ({ resolution: 'approved', by: 'bob', comment: 'ok' }))
    const proposed = call('refund', { amount: 5 })
    const execution = await run(proposed)
    const requestId = execution.decision.approvalId ?? ''
    expect(execution).toMatchObject({
      status: 'executed',
      approvalLoop: { required: true, resolved: true, resumed: true, requestId },
    })
    expect(seen).toMatchObject([
      { call: proposed, approval: { id: requestId }, decision: { id: execution.decision.id } },
    ])
    expect(ran).toEqual([{ amount: 5 }])
    expect(await governor.approvals.get(requestId)).toMatchObject({
      by: 'bob',
      comment: 'ok',
      votes: [{ channel: 'callback' }],
    })
  })

  it.each(['rejected', 'denied'] as const)('says no (%s), and the model reads why', async resolution => {
    const { governor, run, ran } = asking(() => ({ resolution, comment: 'not today' }))
    const execution = await run(call('refund'))
    expect(execution).toMatchObject({ status: 'blocked', approvalLoop: { resolved: true, resumed: false } })
    expect(textOf(execution)).toContain('not today')
    expect(await governor.approvals.list()).toMatchObject([{ status: 'rejected', by: 'onApprovalRequired' }])
    expect(ran).toEqual([])
  })

  it.each<[string, ApprovalOptions['onApprovalRequired'], string]>([
    ['throws', () => JSON.parse('{') as never, 'could not be recorded'],
    ['rejects', () => Promise.reject(new Error('inbox is down')), 'could not be recorded'],
    ['answers nonsense', () => ({ resolution: 'yes' }) as never, 'resolve.resolution'],
  ])('that %s leaves the request open and says so', async (_how, answer, problem) => {
    const { governor, run, ran } = asking(answer)
    const execution = await run(call('refund'))
    expect(execution).toMatchObject({ status: 'approval_required', approvalLoop: { resolved: false, resumed: false } })
    expect(execution.approvalLoop?.error).toContain(problem)
    expect(await governor.approvals.list()).toMatchObject([{ status: 'pending', votes: [] }])
    expect(ran).toEqual([])
  })

  it('that answers nothing leaves the call held, or waiting where it waits', async () => {
    const { governor, run } = asking(() => undefined)
    expect(await run(call('refund'))).toMatchObject({ status: 'approval_required' })
    const waiting = run(call('refund'), { waits: true })
    await settle()
    const [approval] = await governor.approvals.list({ status: 'pending' })
    await governor.approvals.resolve(approval?.id ?? '', APPROVED)
    expect((await waiting).status).toBe('executed')
  })

  it('is asked about every call of a batch, each with its own answer', async () => {
    const { seen, run, ran } = asking(({ call: { input } }) => ({
      resolution: (input as { order: number }).order % 2 === 0 ? 'approved' : 'rejected',
    }))
    const executions = await Promise.all([0, 1, 2, 3].map(order => run(call('refund', { order }))))
    expect(executions.map(({ status }) => status)).toEqual(['executed', 'blocked', 'executed', 'blocked'])
    expect(seen).toHaveLength(4)
    expect(ran).toEqual([{ order: 0 }, { order: 2 }])
  })

  it('is one of a quorum', async () => {
    const onApprovalRequired = () => ({ resolution: 'approved' }) as const
    const { governor, run } = bench({ approvals: { quorum: 2, onApprovalRequired } })
    const proposed = call('refund')
    const execution = await run(proposed)
    expect(execution.status).toBe('approval_required')
    await governor.approvals.resolve(execution.decision.approvalId ?? '', APPROVED)
    expect((await run(proposed)).status).toBe('executed')
  })
})

describe('a held call', () => {
  it('is told of in the order in which things happened', async () => {
    const { governor, run, ask, types, events } = bench()
    const proposed = call('refund', { amount: 5 })
    await governor.approvals.resolve(await ask(proposed), APPROVED)
    await run(proposed)
    await run(proposed)
    expect(types()).toEqual([
      'decision-made',
      'approval-requested',
      'tool-refused',
      'approval-changed',
      'tool-executed',
      'receipt-returned',
    ])
    expect(events.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('that only reads runs once for one approval, too', async () => {
    const annotations = { readOnly: true }
    const { governor, run, ask, ran } = bench({ tools: { look: { annotations } } })
    const proposed = call('look')
    await governor.approvals.resolve(await ask(proposed), APPROVED)
    expect((await run(proposed)).status).toBe('executed')
    expect(await run(proposed)).toMatchObject({ status: 'executed', replayed: true })
    expect(ran).toHaveLength(1)
  })

  it('that is prepared says what comes next', async () => {
    const { governor, ask, run } = bench()
    const proposed = call('refund')
    const fresh = await governor.prepare(proposed)
    expect(fresh).toMatchObject({ next: 'ask', approval: { status: 'pending' } })
    expect(await ask(proposed)).toBe(fresh.approval?.id)
    await governor.approvals.resolve(fresh.approval?.id ?? '', APPROVED)
    expect(await governor.prepare(proposed)).toMatchObject({ next: 'run', approval: { status: 'approved' } })
    expect((await run(proposed)).status).toBe('executed')
    expect(await governor.prepare(proposed)).toMatchObject({ next: 'run' })
    const refused = call('refund')
    await governor.approvals.resolve(await ask(refused), { resolution: 'rejected', by: 'bob', comment: 'no' })
    expect(await governor.prepare(refused)).toMatchObject({
      next: 'refuse',
      message: expect.stringContaining('("no")') as string,
    })
    expect(await governor.prepare(call('refund'), { resumed: true })).toMatchObject({ next: 'refuse' })
    expect(await governor.prepare(call('refund'), { waits: true })).toMatchObject({ next: 'run' })
  })

  it('is asked about once by runs at the same time', async () => {
    const { governor, run } = bench({ store: slowStore() })
    const proposed = call('refund')
    const executions = await Promise.all([run(proposed), run(proposed), run(proposed)])
    expect(new Set(executions.map(({ decision }) => decision.approvalId)).size).toBe(1)
    expect(await governor.approvals.list()).toHaveLength(1)
  })

  it.each([
    ['getDecision', 'approved'],
    ['getDecision', 'rejected'],
    ['findApproval', 'approved'],
    ['getReceipt', 'approved'],
  ] as const)(
    'is refused in time where the store does not answer: %s of one that was %s',
    async (operation, resolution) => {
      const store = memoryStore()
      const { governor, clock, ask } = bench({ store })
      const proposed = call('refund')
      await governor.approvals.resolve(await ask(proposed), { resolution, by: 'bob' })
      const silent: Store = { ...store, [operation]: () => new Promise(() => undefined) }
      const later = bench({ store: silent, clock, failMode: 'open' })
      expect((await pump(clock, later.governor.prepare(proposed))).next).toBe('refuse')
      expect((await pump(clock, later.run(proposed))).status).toBe('blocked')
      expect(later.ran).toEqual([])
    },
  )

  it('is not prepared for ever where the store does not answer', async () => {
    const store: Store = { ...memoryStore(), getApproval: () => new Promise(() => undefined) }
    const { governor, clock } = bench({ store })
    expect((await pump(clock, governor.prepare(call('refund')))).next).toBe('refuse')
  })

  it('whose approval cannot be used up does not run', async () => {
    const inner = memoryStore()
    let broken = false
    const store: Store = {
      ...inner,
      commit: commit => (broken ? Promise.reject(new Error('disk')) : inner.commit(commit)),
    }
    const { governor, run, ask, ran } = bench({ store, failMode: 'open' })
    const proposed = call('refund')
    await governor.approvals.resolve(await ask(proposed), APPROVED)
    broken = true
    expect((await run(proposed)).status).toBe('blocked')
    expect(ran).toEqual([])
    broken = false
    expect((await run(proposed)).status).toBe('executed')
  })
})
