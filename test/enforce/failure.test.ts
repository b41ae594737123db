import { isGovernanceError, memoryStore } from 'countersign'
import type { Commit, Evaluation, FailModeOption, GovernanceEvent, Rule, Store, ToolAnnotations } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { call, govern, runs, settle, slowStore, testClock, untilWaiting } from '../support/governing.js'

const SECRET = 'sk-live-0123456789'
const MINUTE = 60_000

/** Ways for an evaluation not to be made, and what may be said of each. */
const FAILURES: readonly (readonly [string, () => Evaluation | Promise<Evaluation>, string])[] = [
  [
    'thrown',
    () => {
      throw new TypeError(`bad header ${SECRET}`)
    },
    'the evaluation threw TypeError',
  ],
  ['rejected', () => Promise.reject(new RangeError(SECRET)), 'the evaluation threw RangeError'],
  [
    'thrown as a text',
    () => {
      throw SECRET as unknown as Error
    },
    'the evaluation threw',
  ],
  [
    'named like a secret',
    () => {
      throw Object.assign(new Error(SECRET), { name: `token ${SECRET}` })
    },
    'the evaluation threw',
  ],
  ['malformed', () => ({ enforcementMode: 'strict' }), 'the evaluator answered with an unknown enforcement mode'],
  ['never given', () => new Promise(() => undefined), 'no answer within 2000 ms'],
]

/** Annotations of a tool, the option, and the fail mode that must follow. */
const CLASSES: readonly (readonly [FailModeOption | undefined, ToolAnnotations, 'open' | 'closed'])[] = [
  [undefined, {}, 'closed'],
  [undefined, { readOnly: true }, 'closed'],
  ['closed', { readOnly: true }, 'closed'],
  ['open', {}, 'open'],
  ['open', { destructive: true }, 'open'],
  [{ readOnly: 'open' }, { readOnly: true }, 'open'],
  [{ readOnly: 'open' }, {}, 'closed'],
  [{ readOnly: 'open' }, { destructive: true }, 'closed'],
  [{ readOnly: 'open' }, { readOnly: true, destructive: true }, 'closed'],
  [{ readOnly: 'open' }, { readOnly: false }, 'closed'],
  [{ default: 'open' }, {}, 'open'],
  [{ default: 'open' }, { readOnly: true }, 'open'],
  [{ default: 'open' }, { destructive: true }, 'open'],
  [{ default: 'open', destructive: 'closed' }, { destructive: true }, 'closed'],
  [{ default: 'open', readOnly: 'closed' }, { readOnly: true }, 'closed'],
  [{ destructive: 'open' }, { destructive: true }, 'open'],
  [{ destructive: 'open' }, {}, 'closed'],
  [{}, { readOnly: true }, 'closed'],
]

describe.each(FAILURES)('an answer that is %s', (_what, evaluate, why) => {
  it.each(CLASSES)('under fail mode %j for a tool annotated %j is %s', async (failMode, annotations, expected) => {
    const clock = testClock()
    const { governor, events } = govern({
      clock,
      ...(failMode === undefined ? {} : { failMode }),
      unlisted: 'deny',
      tools: { t: { annotations } },
      decisions: { name: 'theirs', evaluate },
    })
    let ran = 0
    const running = governor.run(call('t', { amount: 5 }), () => ++ran)
    if (why.startsWith('no answer')) {
      await untilWaiting(clock)
      clock.advance(2000)
    }
    const execution = await running
    expect(ran).toBe(expected === 'open' ? 1 : 0)
    expect(execution.status).toBe(expected === 'open' ? 'executed' : 'blocked')
    expect(execution.decision).toMatchObject(
      expected === 'open'
        ? { result: 'allowed', recommendation: 'proceed', reason: `Evaluation bypassed (fail_open): ${why}` }
        : { result: 'blocked', recommendation: 'do_not_proceed', reason: `Evaluation failed (fail_closed): ${why}` },
    )
    expect(execution.decision).toMatchObject({ failMode: expected, findings: [], evaluator: 'theirs' })
    expect(events.map(({ type }) => type).slice(0, 2)).toEqual(['evaluation-failed', 'decision-made'])
    expect(events[0]).toMatchObject({ requestId: execution.decision.id, decision: execution.decision })
    expect(JSON.stringify([execution, events])).not.toContain(SECRET)
  })
})

describe('what went wrong', () => {
  it('can be read from the event in this process, and does not go along when it is copied', async () => {
    const error = Object.assign(new Error('x'), { apiKey: SECRET })
    const { governor, events } = govern({ decisions: { evaluate: () => Promise.reject(error) } })
    await governor.decide(call('t'))
    const [event] = events as [GovernanceEvent & { readonly error: unknown }]
    expect(event.error).toBe(error)
    expect({ ...event }).not.toHaveProperty('error')
    expect(JSON.stringify(event)).not.toContain(SECRET)
  })

  it('keeps the words of our own errors', async () => {
    const { governor } = govern({ tools: { t: { value: () => Number.NaN } } })
    expect((await governor.decide(call('t'))).reason).toBe(
      'Evaluation failed (fail_closed): the profile of tool "t" gave NaN for `value`, expected a finite number or undefined',
    )
  })
})

describe('a failure of ours', () => {
  it.each([
    ['malformed', (): unknown => 5],
    ['unknown', (): unknown => ({ enforcementMode: 'strict' })],
    ['late', (): unknown => new Promise(() => undefined)],
  ])('has a code that programs can read: %s', async (_what, evaluate) => {
    const clock = testClock()
    const { governor, events } = govern({ clock, decisions: { evaluate: evaluate as () => Evaluation } })
    await runThrough(clock, governor.decide(call('t')))
    const [event] = events as [GovernanceEvent & { readonly error: unknown }]
    expect(isGovernanceError(event.error, 'evaluation-failed')).toBe(true)
  })

  it('in a rule that answers wrongly has it as well', async () => {
    const policy: Rule[] = [{ id: 'r', effect: 'deny', when: (() => 1) as unknown as () => boolean }]
    const { governor, events } = govern({ policy })
    await governor.decide(call('t'))
    const [event] = events as [GovernanceEvent & { readonly error: unknown }]
    expect(isGovernanceError(event.error, 'evaluation-failed')).toBe(true)
  })
})

describe('an evaluator', () => {
  it('is not asked where the policy could not be', async () => {
    const evaluate = vi.fn(() => ({ allowed: true }))
    const policy: Rule[] = [{ id: 'broken', effect: 'allow', when: () => JSON.parse('{') as boolean }]
    const { governor } = govern({ policy, decisions: { evaluate } })
    expect((await governor.decide(call('t'))).result).toBe('blocked')
    expect(evaluate).not.toHaveBeenCalled()
  })

  it('is not missed where a store takes a while', async () => {
    const { governor } = govern({ store: slowStore(), policy: [{ id: 'any', effect: 'allow' }] })
    expect(await governor.decide(call('t'))).toMatchObject({ result: 'allowed', evaluator: 'local' })
  })
})

describe('a late answer', () => {
  it('is not an answer, and is told to stop', async () => {
    const clock = testClock()
    let signal: AbortSignal | undefined
    let answer: (evaluation: Evaluation) => void = () => undefined
    const { governor } = govern({
      clock,
      resilience: { deadlineMs: 50 },
      decisions: {
        evaluate: (_request, options) => {
          signal = options.signal
          return new Promise(resolve => {
            answer = resolve
          })
        },
      },
    })
    const deciding = governor.decide(call('t'))
    await untilWaiting(clock)
    clock.advance(49)
    await settle()
    expect(signal?.aborted).toBe(false)
    clock.advance(1)
    answer({ allowed: true })
    expect(await deciding).toMatchObject({
      result: 'blocked',
      reason: 'Evaluation failed (fail_closed): no answer within 50 ms',
    })
    expect(signal?.aborted).toBe(true)
  })

  it('that fails later disturbs nobody', async () => {
    const clock = testClock()
    let fail: (error: Error) => void = () => undefined
    const evaluate = (): Promise<Evaluation> => new Promise((_resolve, reject) => (fail = reject))
    const { governor } = govern({ clock, decisions: { evaluate } })
    const deciding = governor.decide(call('t'))
    await untilWaiting(clock)
    clock.advance(2000)
    expect((await deciding).result).toBe('blocked')
    fail(new Error('too late'))
    await settle()
  })

  it('in time leaves no timer behind', async () => {
    const clock = testClock()
    const { governor } = govern({ clock, decisions: { evaluate: async () => ({ allowed: true }) } })
    expect((await governor.decide(call('t'))).result).toBe('allowed')
    await settle()
    expect(clock.pending()).toBe(0)
  })

  it('shares its time with the store that was asked before it', async () => {
    const clock = testClock()
    const store: Store = {
      ...memoryStore(),
      killSwitches: async () => {
        clock.advance(1500)
        return []
      },
    }
    const { governor } = govern({
      clock,
      store,
      decisions: { evaluate: () => new Promise<Evaluation>(() => undefined) },
    })
    const deciding = governor.decide(call('t'))
    await settle()
    clock.advance(500)
    expect((await deciding).reason).toBe('Evaluation failed (fail_closed): no answer within 500 ms')
  })
})

/** A store of which some operations fail in some way. */
/** A method of the store, or what a commit is to hold for it to fail. */
type Operation = keyof Store | 'a decision' | 'an ending'

const failing = (
  operation: Operation,
  how: 'throws' | 'rejects' | 'never answers' | 'answers nonsense' | 'resolves to nonsense',
): Store => {
  const inner = memoryStore()
  const fail = (): never => {
    if (how === 'throws') throw new Error(SECRET)
    if (how === 'answers nonsense') return undefined as never
    if (how === 'resolves to nonsense') return Promise.resolve(undefined) as never
    return (how === 'rejects' ? Promise.reject(new Error(SECRET)) : new Promise(() => undefined)) as never
  }
  if (operation !== 'a decision' && operation !== 'an ending') return { ...inner, [operation]: fail }
  const isMeant = ({ decision, execution }: Commit): boolean =>
    operation === 'a decision' ? decision !== undefined : decision === undefined && execution !== undefined
  return { ...inner, commit: commit => (isMeant(commit) ? fail() : inner.commit(commit)) }
}
const WAYS = ['throws', 'rejects', 'never answers', 'answers nonsense', 'resolves to nonsense'] as const

/** Runs a call through everything that waits for the clock. */
const runThrough = async <T>(clock: ReturnType<typeof testClock>, work: Promise<T>): Promise<T> => {
  for (let turn = 0; turn < 10; turn++) {
    await settle()
    clock.advance(MINUTE)
  }
  return work
}

describe.each(['killSwitches', 'readWindows'] as const)('a store whose %s', operation => {
  const limit: Rule = { id: 'limit', effect: 'deny', limit: { count: 'calls', per: 'actor', window: '1h', max: 5 } }
  const allow: Rule = { id: 'allow', effect: 'allow' }

  it.each(WAYS)('%s makes the evaluation fail', async how => {
    for (const failMode of ['closed', 'open'] as const) {
      const clock = testClock()
      const { governor, events } = govern({ clock, failMode, store: failing(operation, how), policy: [allow, limit] })
      const execution = await runThrough(
        clock,
        governor.run(call('t'), () => 1),
      )
      expect(execution.status).toBe(failMode === 'open' ? 'executed' : 'blocked')
      expect(execution.decision).toMatchObject({ failMode, evaluator: 'local' })
      const [event] = events as [GovernanceEvent & { readonly error: unknown }]
      expect(event.type).toBe('evaluation-failed')
      expect(event.error).toBeInstanceOf(Error)
      expect(JSON.stringify(execution)).not.toContain(SECRET)
    }
  })

  it.each(WAYS)('%s does not lift what the rules deny or hold, whatever the fail mode', async how => {
    for (const [effect, status] of [
      ['deny', 'blocked'],
      ['require_approval', 'approval_required'],
    ] as const) {
      const clock = testClock()
      const policy: Rule[] = [{ id: 'own', effect, reason: 'ours' }, limit]
      const { governor } = govern({ clock, failMode: 'open', store: failing(operation, how), policy })
      const execution = await runThrough(
        clock,
        governor.run(call('t'), () => expect.unreachable()),
      )
      expect(execution.status).toBe(status)
      expect(execution.decision.reason).toMatch(/^ours; Evaluation bypassed \(fail_open\): /)
    }
  })
})

describe('a kill switch', () => {
  it.each(WAYS)('stands although the limits cannot be read: the store %s', async how => {
    const clock = testClock()
    const store = failing('readWindows', how)
    const policy: Rule[] = [{ id: 'l', effect: 'deny', limit: { count: 'calls', per: 'actor', window: '1h', max: 5 } }]
    const { governor } = govern({ clock, failMode: 'open', mode: 'advisory', store, policy })
    await governor.killSwitch.activate({ by: 'ann', reason: 'x' })
    const execution = await runThrough(
      clock,
      governor.run(call('t'), () => expect.unreachable()),
    )
    expect(execution.status).toBe('blocked')
  })

  it('stands although a rule and a profile fail', async () => {
    const { governor } = govern({
      failMode: 'open',
      policy: [{ id: 'broken', effect: 'allow', when: () => JSON.parse('{') as boolean }],
      tools: { t: { target: () => 5 as unknown as string } },
    })
    expect((await governor.run(call('t'), () => 1)).status).toBe('executed')
    await governor.killSwitch.activate({ by: 'ann', reason: 'x' })
    expect((await governor.run(call('t'), () => expect.unreachable())).status).toBe('blocked')
  })
})

describe('a store that cannot record the decision', () => {
  it.each(WAYS)('(%s) leaves it to the fail mode what was to be allowed', async how => {
    for (const failMode of ['closed', 'open'] as const) {
      const clock = testClock()
      const { governor, events } = govern({ clock, failMode, unlisted: 'allow', store: failing('a decision', how) })
      const execution = await runThrough(
        clock,
        governor.run(call('t'), () => 1),
      )
      expect(execution.status).toBe(failMode === 'open' ? 'executed' : 'blocked')
      expect(execution.decision).toMatchObject({ failMode })
      expect(execution.decision.reason).toBe(
        failMode === 'open'
          ? 'Evaluation bypassed (fail_open): the decision could not be stored in the memory store'
          : 'Evaluation failed (fail_closed): the decision could not be stored in the memory store',
      )
      expect(events.map(event => [event.type, 'operation' in event ? event.operation : ''])).toContainEqual([
        'store-failed',
        'recordDecision',
      ])
      expect(JSON.stringify([execution, events])).not.toContain(SECRET)
    }
  })

  it.each(WAYS)('(%s) never lifts a deny, nor runs what was to be held', async how => {
    for (const effect of ['deny', 'require_approval'] as const) {
      const clock = testClock()
      const policy: Rule[] = [{ id: 'own', effect, reason: 'ours' }]
      const { governor } = govern({ clock, failMode: 'open', policy, store: failing('a decision', how) })
      const execution = await runThrough(
        clock,
        governor.run(call('t'), () => expect.unreachable()),
      )
      expect(execution.status).toBe('blocked')
      expect(execution.decision).toMatchObject({
        result: 'blocked',
        failMode: 'closed',
        reason: 'Evaluation failed (fail_closed): the decision could not be stored in the memory store; ours',
      })
      expect(execution.decision).not.toHaveProperty('approvalId')
    }
  })

  it('never lifts what an evaluator blocked', async () => {
    const { governor } = govern({
      failMode: 'open',
      store: failing('a decision', 'rejects'),
      decisions: { evaluate: () => ({ allowed: false, reason: 'theirs' }) },
    })
    const execution = await governor.run(call('t'), () => expect.unreachable())
    expect(execution.status).toBe('blocked')
    expect(execution.decision.reason).toMatch(/; theirs$/)
  })

  it('or cannot say whether a call is held already, refuses it', async () => {
    const { governor } = govern({ failMode: 'open', store: failing('findApproval', 'rejects') })
    expect((await governor.run(call('t'), () => expect.unreachable())).status).toBe('blocked')
  })
})

describe('a store that cannot record the execution', () => {
  it.each(['throws', 'rejects', 'never answers'] as const)(
    '(%s) does not take the result away, and is told of',
    async how => {
      const clock = testClock()
      const { governor, events } = govern({ clock, unlisted: 'allow', store: failing('an ending', how) })
      const execution = await runThrough(
        clock,
        governor.run(call('t'), () => 'paid'),
      )
      expect(execution).toMatchObject({ status: 'executed', output: 'paid' })
      expect(events.map(({ type }) => type)).toEqual(['decision-made', 'store-failed', 'tool-executed'])
      expect(events[1]).toMatchObject({ operation: 'recordExecution', requestId: execution.decision.id })
    },
  )
})

describe('limits that other calls keep taking', () => {
  it('are looked at anew a few times; then they count as reached, in every fail mode', async () => {
    let attempts = 0
    const inner = memoryStore()
    const store: Store = {
      ...inner,
      commit: commit => {
        attempts++
        const [spend] = commit.spends ?? []
        return spend === undefined ? inner.commit(commit) : { committed: false, exceeded: spend.key }
      },
    }
    const policy: Rule[] = [
      { id: 'any', effect: 'allow' },
      { id: 'l', effect: 'deny', limit: { count: 'calls', per: 'actor', window: '1h', max: 5 } },
    ]
    const execution = await govern({ store, policy, failMode: 'open' }).governor.run(call('t'), () =>
      expect.unreachable(),
    )
    expect(attempts).toBe(6)
    expect(execution).toMatchObject({
      status: 'blocked',
      decision: { reason: 'other calls kept taking the room under a limit' },
    })
  })
})

describe('nothing unallowed runs (law 1)', () => {
  const effect = fc.constantFrom<Rule['effect']>('allow', 'deny', 'require_approval')
  const rules = fc.array(
    fc.oneof(
      fc.record({ effect, tools: fc.constantFrom(['a'], ['*'], ['!a']) }),
      fc.record({
        effect,
        when: fc.constantFrom(
          { 'input.x': { gt: 3 } },
          { 'input.x': { matches: '/^a/' } },
          { value: { exists: true } },
        ),
      }),
      fc.record({
        effect: fc.constantFrom<Rule['effect']>('deny', 'require_approval'),
        limit: fc.constant({ count: 'calls', per: 'tool', window: '1m', max: 1 } as const),
      }),
      fc.record({
        effect,
        when: fc.constantFrom<() => boolean>(
          () => true,
          () => {
            throw new Error('rule')
          },
          () => undefined as unknown as boolean,
        ),
      }),
    ),
    { maxLength: 4 },
  )
  const evaluator = fc.constantFrom<undefined | (() => Evaluation)>(
    undefined,
    () => ({ allowed: true }),
    () => ({ enforcementMode: 'enforced', enforcedVerdict: 'requires_approval' }),
    () => ({ enforcementMode: 'nonsense' }),
    () => {
      throw new Error('evaluator')
    },
  )
  const broken = fc.constantFrom<Operation | undefined>(
    undefined,
    undefined,
    'a decision',
    'an ending',
    'readWindows',
    'killSwitches',
    'findApproval',
    'getReceipt',
  )
  const input = fc.oneof(
    fc.record({ x: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom('a', 'b')) }),
    fc.jsonValue(),
    fc.constant(undefined),
    fc.bigInt(),
  )
  const calls = fc.array(
    fc.record({
      name: fc.constantFrom('a', 'b', '', '__proto__'),
      input,
      prepare: fc.boolean(),
      resumed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  )

  it('execute is called exactly when the decision says allowed, and the record says what happened', () =>
    fc.assert(
      fc.asyncProperty(
        rules,
        evaluator,
        broken,
        calls,
        fc.constantFrom('advisory' as const, 'review' as const, 'enforced' as const),
        fc.constantFrom('closed' as const, 'open' as const),
        fc.constantFrom('deny' as const, 'allow' as const, 'require_approval' as const),
        fc.boolean(),
        async (specs, evaluate, operation, proposals, mode, failMode, unlisted, slow) => {
          const inner = operation === undefined ? memoryStore() : failing(operation, 'rejects')
          const store = slow ? slowStore(inner) : inner
          const { governor } = govern({
            mode,
            failMode,
            unlisted,
            store,
            policy: specs.map((spec, index) => ({ id: `r${index}`, ...spec })),
            ...(evaluate === undefined ? {} : { decisions: { evaluate } }),
          })
          for (const { name, input: given, prepare, resumed } of proposals) {
            const proposed = call(name, given)
            if (prepare) await governor.prepare(proposed)
            let ran = 0
            const execution = await governor.run(proposed, () => ++ran, { resumed })
            const { decision } = execution
            expect(ran).toBe(decision.result === 'allowed' ? 1 : 0)
            expect(execution.status === 'executed').toBe(ran === 1)
            if (resumed) expect(ran).toBe(0)
            const record = await governor.decisions.get(decision.id)
            if (operation === undefined || operation === 'readWindows' || operation === 'killSwitches') {
              expect(record).toMatchObject({ result: decision.result, execution: { status: execution.status } })
            }
          }
        },
      ),
      runs(1500),
    ))
})
