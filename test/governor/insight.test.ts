import { createGovernor, memoryStore, parsePolicy } from 'countersign'
import type { Evaluator, Governor, GovernorOptions, PatchStep, PolicyTuning, Rule } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, govern, slowStore } from '../support/governing.js'
import { onEachStore } from './support.js'

const BIG: Rule[] = [
  { id: 'small', tools: ['refund'], when: { 'input.amount': { lte: 100 } }, effect: 'allow' },
  { id: 'big', tools: ['refund'], when: { 'input.amount': { gt: 100 } }, effect: 'require_approval' },
]
type Answer = (input: { readonly amount?: number }, tool: string) => 'approved' | 'rejected'
const yes: Answer = () => 'approved'

/** A governor with a person who answers at once. */
const answering = (answer: Answer, options: Omit<GovernorOptions, 'clock' | 'approvals'> = {}) =>
  govern({
    policy: BIG,
    ...options,
    approvals: {
      onApprovalRequired: ({ call: { name, input } }) => ({
        resolution: answer(input as { amount?: number }, name),
        by: 'grace',
      }),
    },
  })

/** As many calls as amounts. */
const calls = async (governor: Governor, amounts: readonly number[], tool = 'refund'): Promise<void> => {
  for (const amount of amounts) await governor.run(call(tool, { amount }), () => 'done')
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => 110 + index * 10)
const suggested = async (governor: Governor, options = {}): Promise<readonly PolicyTuning[]> =>
  (await governor.memory.recommendations(options)).recommendations
const typesOf = async (governor: Governor, options = {}): Promise<readonly string[]> =>
  (await suggested(governor, options)).map(({ type }) => type)

/** As RFC 6902 has it, for what patches are made of here. */
const patched = (rules: readonly Rule[], patch: readonly PatchStep[] = []): Rule[] => {
  const document = { rules: structuredClone(rules) } as unknown as Record<string, unknown>
  for (const step of patch) {
    const keys = step.path.slice(1).split('/')
    const last = keys.pop() ?? ''
    const parent = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, document)
    if (step.op === 'remove') delete parent[last]
    else if (last === '-') (parent as unknown as unknown[]).push(step.value)
    else parent[last] = step.value
  }
  return document['rules'] as Rule[]
}
/** What a governor makes of calls. */
const resultsOf = async (
  options: Omit<GovernorOptions, 'clock'>,
  asked: readonly (readonly [tool: string, input: object, scope?: object])[],
): Promise<string[]> => {
  const { governor } = govern({ ...options })
  return Promise.all(
    asked.map(async ([tool, input, scope]) => (await governor.decide(call(tool, input), scope)).result),
  )
}

describe('rules suggested from history', () => {
  it('raise the value up to which a rule asks, as far as people have always approved', async () => {
    const { governor, clock } = answering(({ amount = 0 }) => (amount > 800 ? 'rejected' : 'approved'))
    await calls(governor, [...upTo(100), 20, 30])
    const { recommendations, ...rest } = await governor.memory.recommendations()
    expect(rest).toMatchObject({ decisions: 102, truncated: false, windowMs: 86_400_000, generatedAt: clock.now() })
    expect(recommendations).toHaveLength(1)
    const [tuning] = recommendations
    expect(tuning).toMatchObject({
      recommendationId: `policy_tuning_max_value/big/refund@${rest.policy.version}`,
      type: 'policy_tuning_max_value',
      tool: 'refund',
      scope: { tool: 'refund' },
      windowMs: 86_400_000,
      targetRuleId: 'big',
      requiresHumanReview: true,
      isSafePatch: false,
      reason: 'people let through 70 of 70 calls of refund with input.amount up to 800',
      evidence: { n: 70, count: 0, rate: 0, threshold: 0.05 },
      suggestedPolicyPatch: [
        { op: 'replace', path: '/rules/1/when/input.amount/gt', value: 800 },
        { op: 'add', path: '/rules/1/reason', value: 'over 800' },
        {
          op: 'add',
          path: '/rules/-',
          value: {
            id: 'big-waived',
            tools: ['refund'],
            when: { 'input.amount': { gt: 100, lte: 800 } },
            effect: 'allow',
            reason: 'at most 800',
          },
        },
      ],
      suggestedPolicy: [
        'rules:',
        '  - { id: big, tools: [refund], when: { input.amount: { gt: 800 } }, effect: require_approval, reason: "over 800" }',
        '  - { id: big-waived, tools: [refund], when: { input.amount: { gt: 100, lte: 800 } }, effect: allow, reason: "at most 800" }',
        '',
      ].join('\n'),
      effect: { askedLess: 70, askedMore: 0, refused: 0, bad: 0, unlabelled: 0 },
    })
    expect(tuning?.evidence.bound).toBeCloseTo(1 - 0.05 ** (1 / 70), 10)
    expect(tuning?.confidence).toBeCloseTo(1 - 0.95 ** 70, 10)
    expect(tuning?.examples).toHaveLength(5)
    // What the patch makes of the policy is what is said of it.
    const asked = [90, 101, 800, 801].map(amount => ['refund', { amount }] as const)
    expect(await resultsOf({ policy: BIG }, asked)).toEqual([
      'allowed',
      ...Array.from({ length: 3 }, () => 'requires_approval'),
    ])
    const policy = patched(BIG, tuning?.suggestedPolicyPatch)
    expect(await resultsOf({ policy }, asked)).toEqual(['allowed', 'allowed', 'allowed', 'requires_approval'])
  })

  it('are made for a person, and change nothing', async () => {
    const { governor } = answering(yes)
    await calls(governor, upTo(70))
    const before = await governor.memory.recommendations()
    expect(await governor.memory.recommendations()).toEqual(before)
    expect((await governor.decide(call('refund', { amount: 110 }))).result).toBe('requires_approval')
  })

  it('stop where the world punished what people approved', async () => {
    const { governor } = answering(yes)
    await calls(governor, upTo(100))
    expect((await suggested(governor))[0]?.evidence).toMatchObject({ n: 100 })
    const listed = await governor.decisions.list({ limit: 1000 })
    // In the order in which they were made: the 71st to the 74th.
    for (const { id } of listed.toReversed().slice(70, 74))
      await governor.reportOutcome({ decisionId: id, status: 'FRAUD' })
    expect((await suggested(governor))[0]).toMatchObject({
      evidence: { n: 70, count: 0 },
      effect: { askedLess: 70, bad: 0 },
    })
  })

  it('speak of one tool of a rule that speaks of several', async () => {
    const policy: Rule[] = [{ id: 'ask', effect: 'require_approval', when: { 'input.amount': { gte: 100 } } }]
    const { governor } = answering((_, tool) => (tool === 'refund' ? 'approved' : 'rejected'), { policy })
    await calls(governor, upTo(70))
    await calls(governor, upTo(70), 'payout')
    const tunings = await suggested(governor)
    expect(tunings.map(({ type, tool, isSafePatch }) => [type, tool, isSafePatch])).toEqual([
      ['policy_tuning_deny', 'payout', true],
      ['policy_tuning_max_value', 'refund', false],
    ])
    const asked = ['refund', 'payout', 'other'].flatMap(tool =>
      [99, 100, 800, 801].map(amount => [tool, { amount }] as const),
    )
    const [held, free, denied] = ['requires_approval', 'allowed', 'blocked']
    const none = [held, held, held, held]
    expect(await resultsOf({ policy: patched(policy, tunings[1]?.suggestedPolicyPatch) }, asked)).toEqual(
      [held, free, free, held].concat(none, none),
    )
    expect(await resultsOf({ policy: patched(policy, tunings[0]?.suggestedPolicyPatch) }, asked)).toEqual(
      none.concat([held, denied, denied, denied], none),
    )
    expect(tunings[0]?.effect).toMatchObject({ askedLess: 70, refused: 70, bad: 70 })
  })

  it('let through what no rule speaks of, within the values that were seen, or as a whole where there are none', async () => {
    const { governor } = answering(yes, { policy: [] })
    for (const value of upTo(70)) await governor.run(call('pay', { value }), () => 'done')
    for (let index = 0; index < 70; index++) await governor.run(call('ping'), () => 'done')
    const tunings = await suggested(governor)
    expect(tunings.map(({ type, tool, targetRuleId }) => [type, tool, targetRuleId])).toEqual([
      ['policy_tuning_max_value', 'pay', 'unlisted'],
      ['policy_tuning_allow', 'ping', 'unlisted'],
    ])
    const policy = patched(patched([], tunings[0]?.suggestedPolicyPatch), tunings[1]?.suggestedPolicyPatch)
    const [held, free] = ['requires_approval', 'allowed']
    const asked = [109, 110, 800, 801].map(value => ['pay', { value }] as const)
    expect(await resultsOf({ policy }, [...asked, ['pay', {}], ['ping', {}], ['pong', {}]])).toEqual(
      // Four values, then no value, then the two other tools.
      [held, free, free, held].concat([held, free, held]),
    )
  })

  it('spare, of a rule that looks at no number, values within what was seen, and calls without one where none had one', async () => {
    const policy: Rule[] = [{ id: 'ask', tools: ['ping', 'pay'], effect: 'require_approval' }]
    const { governor } = answering(yes, { policy })
    for (const value of upTo(70)) await governor.run(call('pay', { value }), () => 'done')
    for (let index = 0; index < 70; index++) await governor.run(call('ping'), () => 'done')
    const [ofPay, ofPing, ...others] = await suggested(governor)
    expect(others).toEqual([])
    expect(ofPay).toMatchObject({ type: 'policy_tuning_max_value', tool: 'pay', effect: { askedLess: 70 } })
    expect(ofPing).toMatchObject({ type: 'policy_tuning_allow', tool: 'ping', effect: { askedLess: 70 } })
    const [held, free] = ['requires_approval', 'allowed']
    const asked = [-1, 109, 110, 800, 801].map(value => ['pay', { value }] as const)
    const all = [...asked, ['pay', {}], ['ping', {}], ['ping', { value: 5 }]] as const
    // Also where nothing else would hold what the rule lets go.
    for (const unlisted of ['require_approval', 'allow'] as const) {
      expect(await resultsOf({ policy: patched(policy, ofPay?.suggestedPolicyPatch), unlisted }, all)).toEqual(
        [held, held, free, free, held].concat([held, held, held]),
      )
      expect(await resultsOf({ policy: patched(policy, ofPing?.suggestedPolicyPatch), unlisted }, all)).toEqual(
        [held, held, held, held, held].concat([held, free, held]),
      )
    }
  })

  it('hold against whatever a model calls a tool', async () => {
    const names = ['{zzz}', '{input.secret}', 'a: b', '"', '~/', '__proto__', '*', '!refund', '\u2028', 'no']
    for (const name of names) {
      const { governor } = answering(yes, { policy: [] })
      for (let index = 0; index < 70; index++) await governor.run(call(name, { secret: 'x' }), () => 'done')
      const found = await suggested(governor)
      expect(found.map(({ tool }) => tool)).toEqual(name === '*' || name.startsWith('!') ? [] : [name])
      for (const { suggestedPolicy = '', suggestedPolicyPatch } of found) {
        expect(parsePolicy(suggestedPolicy).rules).toEqual(patched([], suggestedPolicyPatch))
        expect(await resultsOf({ policy: parsePolicy(suggestedPolicy) }, [[name, {}]])).toEqual(['allowed'])
      }
    }
  })

  it('ask a person about what a rule denies again and again, and say so only where it is a hard deny or a limit', async () => {
    const policy: Rule[] = [
      { id: 'no-mail', tools: ['mail'], effect: 'deny' },
      { id: 'no-drop', tools: ['drop'], effect: 'deny', hard: true },
      { id: 'cap', tools: ['pay'], limit: { count: 'calls', per: 'tenant', window: '1d', max: 1 }, effect: 'deny' },
    ]
    const { governor } = govern({ policy, unlisted: 'allow' })
    for (const tool of ['mail', 'drop', 'pay']) await calls(governor, upTo(30), tool)
    const tunings = await suggested(governor)
    expect(tunings.map(({ type, tool, isSafePatch }) => [type, tool, isSafePatch])).toEqual([
      ['repeatedly_blocked', 'drop', false],
      ['repeatedly_blocked', 'mail', false],
      ['repeatedly_blocked', 'pay', false],
    ])
    expect(tunings.map(({ suggestedPolicyPatch }) => suggestedPolicyPatch)).toEqual([
      undefined,
      [{ op: 'replace', path: '/rules/0/effect', value: 'require_approval' }],
      undefined,
    ])
    expect(tunings[1]).toMatchObject({
      targetRuleId: 'no-mail',
      evidence: { n: 30, count: 30, rate: 1, threshold: 0.15 },
      effect: { askedLess: 0, askedMore: 30, unlabelled: 30 },
    })
    expect(tunings[0]?.effect).toMatchObject({ askedLess: 0, askedMore: 0 })
    expect(tunings[0]?.reason).toBe(
      'rule no-drop denied 30 of 30 calls of drop: take the tool from the agent, or tell it',
    )
  })

  it('do not speak of what a kill switch stops', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    await governor.killSwitch.activate({ by: 'ops', reason: 'incident' })
    await calls(governor, upTo(30))
    expect(await suggested(governor)).toEqual([])
  })

  it('hold a tool that keeps failing, until people are asked about all of its calls', async () => {
    const { governor, clock } = govern({ unlisted: 'allow' })
    let runs = 0
    for (let index = 0; index < 30; index++) {
      await governor.run(call('pay'), () => {
        if (++runs % 3 === 0) throw new Error('down')
      })
    }
    const [tuning] = await suggested(governor)
    expect(tuning).toMatchObject({
      type: 'repeatedly_failing',
      isSafePatch: true,
      reason: 'pay failed in 10 of 30 runs (33.3 %)',
      evidence: { n: 30, count: 10, threshold: 0.05 },
      suggestedPolicyPatch: [{ op: 'add', path: '/rules/-' }],
      effect: { askedLess: 0, askedMore: 30, unlabelled: 30 },
    })
    expect(
      await resultsOf({ policy: patched([], tuning?.suggestedPolicyPatch), unlisted: 'allow' }, [['pay', {}]]),
    ).toEqual(['requires_approval'])
    clock.advance(86_400_001)
    expect(await suggested(governor)).toEqual([])
  })

  it('are made of what was asked for', async () => {
    const { governor } = answering(yes)
    await calls(governor, upTo(70))
    await calls(governor.session({ actor: 'other' }), upTo(20))
    expect(await typesOf(governor)).toHaveLength(1)
    expect(await typesOf(governor, { tool: 'mail' })).toEqual([])
    expect(await typesOf(governor, { actor: 'other' })).toEqual([])
    expect(await typesOf(governor, { minEvents: 91 })).toEqual([])
    expect(await typesOf(governor, { maxRefusalRate: 0.01 })).toEqual([])
    expect(await typesOf(governor, { maxRefusalRate: 0.01, confidence: 0.5 })).toHaveLength(1)
    expect(await governor.memory.recommendations({ maxRecords: 10 })).toMatchObject({ decisions: 10, truncated: true })
    expect((await suggested(governor, { includeExamples: false }))[0]).not.toHaveProperty('examples')
    const [ofOne] = await suggested(governor, { actor: 'AI_AGENT' })
    expect(ofOne?.scope).toEqual({ tool: 'refund', actor: 'AI_AGENT' })
    const policy = patched(BIG, ofOne?.suggestedPolicyPatch)
    expect(
      await resultsOf({ policy }, [
        ['refund', { amount: 200 }],
        ['refund', { amount: 200 }, { actor: 'other' }],
      ]),
    ).toEqual(['allowed', 'requires_approval'])
    await expect(governor.memory.recommendations({ minEvent: 1 } as never)).rejects.toThrow(
      'Option `memory.recommendations.minEvent`: unknown option',
    )
    await expect(governor.memory.recommendations({ confidence: 1 })).rejects.toThrow('expected a number from')
  })

  it('are not made from rules that are code, from dry runs, or from what somebody else held', async () => {
    const code = answering(yes, {
      policy: [{ id: 'code', tools: ['refund'], when: () => true, effect: 'require_approval' }],
    }).governor
    await calls(code, upTo(70))
    expect(await suggested(code)).toEqual([])

    const dry = answering(yes).governor
    for (const amount of upTo(70)) await dry.decide(call('refund', { amount }))
    expect(await suggested(dry)).toEqual([])

    const evaluator: Evaluator = { name: 'other', evaluate: async () => ({ enforcedVerdict: 'requires_approval' }) }
    const held = answering(yes, { decisions: evaluator }).governor
    await calls(held, upTo(70))
    expect(await suggested(held)).toEqual([])
  })

  it('are made for the policy of today: what another rule holds now, or none, is no evidence', async () => {
    const store = memoryStore()
    const { governor, clock } = answering(yes, { store })
    await calls(governor, upTo(70))
    const now = (policy: Rule[]) => createGovernor({ store, policy, clock })
    expect(await typesOf(now(BIG))).toHaveLength(1)
    expect(await typesOf(now([{ id: 'all', effect: 'allow' }]))).toEqual([])
    expect(await typesOf(now([...BIG, { id: 'another', effect: 'require_approval' }]))).toEqual([])
    const higher: Rule[] = [{ ...(BIG[1] as Rule), when: { 'input.amount': { gt: 200 } } }]
    expect((await suggested(now(higher), { maxRefusalRate: 0.06 }))[0]?.evidence).toMatchObject({ n: 60 })
  })

  it('are not made from inputs that were erased', async () => {
    const { governor } = answering(yes)
    await calls(governor, upTo(70))
    for (const { id } of await governor.decisions.list({ limit: 1000 }))
      await governor.audit.erase({ decisionId: id, fields: ['input'], by: 'dpo', reason: 'asked to' })
    expect(await suggested(governor)).toEqual([])
  })
})

describe('of a tenant', () => {
  it('a session says what is its own, and what it suggests is confined to it', async () => {
    const { governor } = answering(yes)
    const [acme, zeta] = [governor.session({ tenant: 'acme' }), governor.session({ tenant: 'zeta' })]
    await calls(acme, upTo(70))
    await calls(zeta, upTo(3))
    const filter = { tenant: 'acme' }
    expect((await zeta.memory.context(filter)).totalEvents).toBe(3)
    expect((await acme.memory.context()).totalEvents).toBe(70)
    expect((await governor.memory.context()).totalEvents).toBe(73)
    expect((await governor.memory.context(filter)).totalEvents).toBe(70)
    expect((await zeta.memory.recommendations(filter)).decisions).toBe(3)
    const [tuning] = await suggested(acme)
    expect(tuning?.scope).toEqual({ tool: 'refund', tenant: 'acme' })
    const asked = ['acme', 'zeta', undefined].map(tenant => ['refund', { amount: 200 }, { tenant }] as const)
    expect(await resultsOf({ policy: patched(BIG, tuning?.suggestedPolicyPatch) }, asked)).toEqual([
      'allowed',
      'requires_approval',
      'requires_approval',
    ])
  })
})

describe('insight', () => {
  const evaluator: Evaluator = {
    name: 'service',
    evaluate: async ({ input }) => ({
      recommendation: 'proceed',
      enforcedVerdict: 'allowed',
      riskScore: (input as { risk: number }).risk,
    }),
  }
  onEachStore('is worked out of what is recorded', ({ fresh }) => {
    it('by each question, of each tenant its own', async () => {
      const { governor, clock } = govern({
        store: slowStore(fresh()),
        unlisted: 'allow',
        decisions: evaluator,
        outcomes: { CHARGED_BACK: 'bad' },
      })
      const [acme, zeta] = [governor.session({ tenant: 'acme' }), governor.session({ tenant: 'zeta', domain: 'shop' })]
      const report = async (session: Governor, risk: number, status: string): Promise<void> => {
        clock.advance(1)
        const { decision } = await session.run(call('pay', { risk }), () => 'paid')
        await session.reportOutcome({ decisionId: decision.id, status })
      }
      for (let index = 0; index < 4; index++) await report(acme, 0.1, 'SUCCESS')
      await report(acme, 0.9, 'CHARGED_BACK')
      await report(zeta, 0.2, 'FRAUD')

      const counts = async (session: Governor): Promise<number[]> => [
        (await session.calibration.report()).n,
        (await session.calibration.reliability()).n,
        (await session.calibration.drift()).recent.n,
        (await session.calibration.breakdown({ by: 'tool' })).groups[0]?.n ?? 0,
        (await session.calibration.history()).days[0]?.n ?? 0,
        (await session.calibration.feedback()).decisions,
        (await session.outcomes.quality()).totalWithOutcome,
        (await session.memory.context()).totalEvents,
        (await session.memory.recommendations()).decisions,
      ]
      expect(await counts(governor)).toEqual(Array.from({ length: 9 }, () => 6))
      expect(await counts(acme)).toEqual(Array.from({ length: 9 }, () => 5))
      expect(await counts(zeta)).toEqual(Array.from({ length: 9 }, () => 1))
      expect((await acme.calibration.report({ tenant: 'zeta' })).bad).toBe(1)
      expect((await acme.calibration.report()).auroc).toBe(1)
      expect((await zeta.calibration.feedback()).missed).toHaveLength(1)
      expect((await governor.outcomes.quality({ domain: 'shop' })).quadrants.followedNegative).toBe(1)
    })
  })
})
