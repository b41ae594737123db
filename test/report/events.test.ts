import { createGovernor, memoryStore } from 'countersign'
import type { EventOf, GovernanceEvent, Store } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { call, govern, oneRule, settle, testClock } from '../support/governing.js'

const SECRET = '4111-1111-1111-1111'
const types = (events: readonly GovernanceEvent[]): string[] => events.map(({ type }) => type)
const of = <TYPE extends GovernanceEvent['type']>(events: readonly GovernanceEvent[], type: TYPE): EventOf<TYPE>[] =>
  events.filter((event): event is EventOf<TYPE> => event.type === type)

describe('events', () => {
  it('carry who, where and when, numbered from nought without gaps', async () => {
    const { governor, events, clock } = govern({ unlisted: 'allow' })
    const session = governor.session({ traceId: 'run-1' })
    const { decision } = await session.run(call('t'), () => 1)
    await session.run(call('t'), () => {
      throw new Error('x')
    })
    await session.reportOutcome({ decisionId: decision.id, status: 'SUCCESS' })
    expect(types(events)).toEqual([
      'decision-made',
      'tool-executed',
      'decision-made',
      'tool-executed',
      'outcome-reported',
    ])
    expect(events.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4])
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(5)
    for (const event of events) {
      expect(event).toMatchObject({ traceId: 'run-1', schemaVersion: 1, at: clock.now() })
      expect(event.sourceVersion).toMatch(/^countersign@\d+\.\d+\.\d+/)
      expect(event.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
    expect(events[0]?.requestId).toBe(decision.id)
    expect(events[4]).toMatchObject({ requestId: decision.id, outcome: { status: 'SUCCESS' } })
  })

  it('are numbered per run, without gaps however calls overlap', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('allow', 'deny', 'hold', 'fail')), {
          maxLength: 20,
        }),
        async plan => {
          const { governor, events } = govern({
            policy: [
              { id: 'allow', tools: ['allow', 'fail'], effect: 'allow' },
              { id: 'deny', tools: ['deny'], effect: 'deny' },
            ],
          })
          governor.on(event => {
            if (event.type === 'tool-executed') throw new Error('listener')
          })
          const sessions = new Map(['a', 'b', 'c'].map(traceId => [traceId, governor.session({ traceId })]))
          await Promise.all(
            plan.map(([traceId, tool]) =>
              (sessions.get(traceId) ?? governor).run(call(tool), async () => {
                await settle()
                if (tool === 'fail') throw new Error('x')
              }),
            ),
          )
          await settle()
          for (const traceId of ['a', 'b', 'c']) {
            const run = events.filter(event => event.traceId === traceId)
            expect(run.map(({ seq }) => seq)).toEqual(run.map((_event, index) => index))
          }
        },
      ),
    ))

  it('of a held call say so, without its arguments', async () => {
    const { governor, events } = govern()
    const execution = await governor.run(call('t', { card: SECRET }), () => expect.unreachable())
    expect(types(events)).toEqual(['decision-made', 'approval-requested', 'tool-refused'])
    const [requested] = of(events, 'approval-requested')
    expect(requested).toMatchObject({
      approval: { id: execution.decision.approvalId, status: 'pending' },
      call: { input: '[redacted]' },
    })
    expect(requested?.approval).not.toHaveProperty('call')
    expect(of(events, 'tool-refused')[0]?.execution.status).toBe('approval_required')
  })

  it('of a dry run are a decision and nothing else', async () => {
    const { governor, events } = govern()
    const decision = await governor.decide(call('t'))
    expect(decision).toMatchObject({ dryRun: true, result: 'requires_approval' })
    expect(decision).not.toHaveProperty('approvalId')
    expect(types(events)).toEqual(['decision-made'])
    expect(await governor.approvals.list()).toEqual([])
    expect(await governor.decisions.get(decision.id)).not.toHaveProperty('execution')
  })
})

describe('arguments (law 8)', () => {
  const fail = (): never => {
    throw new RangeError(`card ${SECRET} declined`)
  }

  it('are in no event and in no stored decision', async () => {
    const store = memoryStore()
    const recorded: unknown[] = []
    const watching: Store = {
      ...store,
      commit: commit => {
        recorded.push(commit.decision)
        return store.commit(commit)
      },
    }
    const { governor, events } = govern({
      store: watching,
      policy: [{ id: 'a', tools: ['pay', 'fail'], effect: 'allow' }],
    })
    for (const tool of ['pay', 'fail', 'other'])
      await governor.run(call(tool, { card: SECRET }), tool === 'fail' ? fail : () => 1)
    await governor.decide(call('pay', { card: SECRET }))
    expect(JSON.stringify(recorded)).not.toContain(SECRET)
    expect(JSON.stringify(events)).not.toContain(SECRET)
    for (const event of of(events, 'decision-made')) expect(event.call.input).toBe('[redacted]')
    expect(of(events, 'tool-executed').at(-1)?.execution).toMatchObject({ status: 'tool_error', error: 'RangeError' })
    for (const decision of await governor.decisions.list()) expect(decision.digest).toMatch(/^[0-9a-f]{64}$/)
  })

  it('are shown where that was chosen, but for what the profile masks', async () => {
    const { governor, events } = govern({
      inputs: 'visible',
      unlisted: 'allow',
      tools: { pay: { redact: ['card.number'] }, hide: { redact: () => ({ card: 'one of ours' }) } },
    })
    await governor.run(call('pay', { to: 'bob', card: { number: SECRET } }), fail)
    await governor.run(call('hide', { card: SECRET }), () => 1)
    await governor.run(call('open', { to: 'bob' }), () => 1)
    expect(of(events, 'decision-made').map(event => event.call.input)).toEqual([
      { to: 'bob', card: { number: '[redacted]' } },
      { card: 'one of ours' },
      { to: 'bob' },
    ])
    expect(of(events, 'tool-executed')[0]?.execution.error).toBe(`RangeError: card ${SECRET} declined`)
  })

  it('are masked by the profile of the caller', async () => {
    const { governor, events } = govern({ inputs: 'visible' })
    await governor.decide(call('pay', { card: SECRET }), { profile: { redact: ['card'] } })
    expect(of(events, 'decision-made')[0]?.call.input).toEqual({ card: '[redacted]' })
  })
})

describe('what is recorded is what was done', () => {
  it.each([
    ['allow', 'allowed', 'executed'],
    ['throw', 'allowed', 'tool_error'],
    ['deny', 'blocked', 'blocked'],
    ['hold', 'requires_approval', 'approval_required'],
  ] as const)('%s: %s and %s', async (tool, result, status) => {
    const { governor } = govern({
      policy: [
        { id: 'a', tools: ['allow', 'throw'], effect: 'allow' },
        { id: 'd', tools: ['deny'], effect: 'deny' },
      ],
    })
    const execution = await governor.run(call(tool), () => {
      if (tool === 'throw') throw new Error('x')
    })
    expect([execution.decision.result, execution.status]).toEqual([result, status])
    expect(await governor.decisions.get(execution.decision.id)).toMatchObject({
      ...execution.decision,
      execution: { status },
      outcomes: [],
    })
    expect(await governor.decisions.list({ status })).toHaveLength(1)
    expect(await governor.decisions.list({ result, tool })).toHaveLength(1)
  })

  it('in advisory mode is what was advised and that it ran all the same', async () => {
    const { governor } = govern({ mode: 'advisory', policy: oneRule({ reason: 'no' }) })
    const { decision, status } = await governor.run(call('t'), () => 1)
    expect(status).toBe('executed')
    expect(decision).toMatchObject({
      mode: 'advisory',
      result: 'allowed',
      recommendation: 'do_not_proceed',
      reason: 'no',
    })
  })

  it('names who acted, for whom, in which session and run, and with which model', async () => {
    const { governor } = govern({
      actor: 'bot',
      domain: 'd',
      unlisted: 'allow',
      tools: { t: { metadata: { region: 'eu' } } },
    })
    const session = governor.session({ user: 'ann', tenant: 'acme', sessionId: 's', traceId: 'run' })
    const { decision } = await session.run(call('t'), () => 1, { model: 'gpt-6', actor: 'other' })
    expect(decision).toMatchObject({
      actor: 'other',
      domain: 'd',
      user: 'ann',
      tenant: 'acme',
      sessionId: 's',
      traceId: 'run',
      model: 'gpt-6',
      metadata: { region: 'eu' },
      policy: { name: 'policy', version: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown },
    })
    expect(() => Object.assign(decision.metadata ?? {}, { region: 'us' })).toThrow(TypeError)
  })
})

describe('a listener (law 9)', () => {
  const behaviours: readonly (readonly [string, () => unknown])[] = [
    [
      'throws',
      () => {
        throw new Error('listener')
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener'))],
    ['never settles', () => new Promise(() => undefined)],
    [
      'answers with a thenable that throws',
      () =>
        Object.defineProperty({}, 'then', {
          value: () => {
            throw new Error('listener')
          },
        }),
    ],
  ]

  it.each(behaviours)('that %s changes nothing of a call', async (_what, listener) => {
    const outcome = async (listen: boolean): Promise<unknown> => {
      const { governor } = govern({ policy: [{ id: 'a', tools: ['ok', 'bad'], effect: 'allow' }] })
      if (listen) governor.on(listener)
      const ended: unknown[] = []
      for (const tool of ['ok', 'bad', 'held']) {
        const { status, decision } = await governor.run(call(tool), () => {
          if (tool === 'bad') throw new Error('x')
          return 5
        })
        ended.push([status, decision.result, decision.reason])
      }
      return ended
    }
    expect(await outcome(true)).toEqual(await outcome(false))
  })

  it.each(behaviours.filter(([what]) => what !== 'never settles'))(
    'that %s is told of, once, in its place',
    async (_what, listener) => {
      const { governor, events } = govern({ unlisted: 'allow' })
      const heard: string[] = []
      governor.on(listener)
      governor.on(event => heard.push(event.type))
      await governor.run(call('t'), () => 1)
      await settle()
      await governor.run(call('t'), () => 1)
      await settle()
      expect(types(events).filter(type => type === 'observer-failed')).toHaveLength(1)
      expect(heard).toEqual(types(events))
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index))
      const [failure] = of(events, 'observer-failed')
      expect(failure?.error).toMatchObject({ message: 'listener' })
      expect(JSON.stringify(failure)).not.toContain('listener')
    },
  )

  it('that fails at the news of a failure does not go round and round', async () => {
    const { governor, events } = govern({ unlisted: 'allow' })
    let heard = 0
    for (let times = 0; times < 2; times++) {
      governor.on(() => {
        heard++
        throw new Error('always')
      })
    }
    await governor.decide(call('t'))
    expect(types(events)).toEqual(['decision-made', 'observer-failed', 'observer-failed'])
    expect(heard).toBe(6)
  })

  it('hears nothing more once it has left', async () => {
    const { governor } = govern()
    const listener = vi.fn()
    const stop = governor.on(listener)
    await governor.decide(call('t'))
    stop()
    await governor.decide(call('t'))
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('of a session hears that session; one of the governor hears all', async () => {
    const { governor, events } = govern({ unlisted: 'allow' })
    const [a, b] = [governor.session({ sessionId: 'a' }), governor.session({ sessionId: 'b' })]
    const inner = a.session({ user: 'ann' })
    const heard: Record<string, string[]> = { a: [], b: [], inner: [] }
    a.on(event => heard['a']?.push(event.traceId))
    b.on(event => heard['b']?.push(event.traceId))
    inner.on(event => heard['inner']?.push(event.traceId))
    const traces: Record<string, string> = {}
    for (const [name, one] of Object.entries({ a, b, inner, governor }))
      traces[name] = (await one.decide(call('t'))).traceId
    expect(new Set(Object.values(traces)).size).toBe(4)
    expect(heard).toEqual({ a: [traces['a'], traces['inner']], b: [traces['b']], inner: [traces['inner']] })
    expect(events.map(({ traceId }) => traceId)).toEqual([
      traces['a'],
      traces['b'],
      traces['inner'],
      traces['governor'],
    ])
  })

  it('that fails at the governor is told of to the session it failed in, so that no number is missing there', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    governor.on(() => {
      throw new Error('x')
    })
    const session = governor.session({ sessionId: 's' })
    const heard: [string, number][] = []
    session.on(({ type, seq }) => heard.push([type, seq]))
    await session.run(call('t'), () => 1)
    expect(heard).toEqual([
      ['decision-made', 0],
      ['observer-failed', 1],
      ['tool-executed', 2],
    ])
    const other: string[] = []
    const next = governor.session({ sessionId: 'next' })
    next.on(({ type }) => other.push(type))
    await next.decide(call('t'))
    expect(other).toEqual(['decision-made'])
  })

  it('for decisions hears of decisions alone, and is no more waited for', async () => {
    const onDecision = vi.fn(() => new Promise(() => undefined))
    const governor = createGovernor({ store: memoryStore(), clock: testClock(), unlisted: 'allow', onDecision })
    const { decision } = await governor.run(call('t'), () => 1)
    expect(onDecision).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ type: 'decision-made', decision, traceId: decision.traceId, requestId: decision.id }),
    )
  })

  it('cannot change what was decided', async () => {
    const { governor } = govern({ policy: oneRule({ tools: ['t'] }) })
    governor.on(event => {
      if (event.type !== 'decision-made') return
      expect(() => Object.assign(event.decision, { result: 'allowed' })).toThrow(TypeError)
      expect(() => Object.assign(event.decision.findings[0] ?? {}, { effect: 'allow' })).toThrow(TypeError)
    })
    const { decision } = await governor.run(call('t'), () => expect.unreachable())
    expect(await governor.decisions.get(decision.id)).toMatchObject({
      result: 'blocked',
      findings: [{ effect: 'deny' }],
    })
  })
})
