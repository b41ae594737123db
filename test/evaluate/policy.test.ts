import { createGovernor, definePolicy, memoryStore, parsePolicy, rule } from 'countersign'
import type { Effect, Policy, Rule, RuleSpec, Scope, ToolCall, ToolProfile } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { stringify } from 'yaml'
import { call, govern, runs, settle, SUPPORT_DESK, testClock } from '../support/governing.js'

const resultOf = async (policy: Policy, name: string, input: unknown = {}, scope: Scope = {}): Promise<string> =>
  (await govern({ policy }).governor.decide(call(name, input), scope)).result

describe('the support desk policy', () => {
  const policy = parsePolicy(SUPPORT_DESK)
  const tools = { lookup: { annotations: { readOnly: true } } }

  it.each([
    ['lookup', {}, 'allowed', 'rule read-freely'],
    ['refund', { amount: 100 }, 'allowed', 'small refund'],
    ['refund', { amount: 100.5 }, 'requires_approval', 'refund of 100.5 is over 100'],
    ['refund', { amount: 5001 }, 'blocked', 'over the limit of 5000 value in all per actor in 24h'],
    ['run_sql', { query: 'DROP table users' }, 'blocked', 'rule no-sql-drop'],
    ['run_sql', { query: 'select 1' }, 'requires_approval', 'no rule speaks of this call'],
    ['run_sql', { query: ['drop table users'] }, 'blocked', 'rule no-sql-drop'],
  ])('%s %j is %s: %s', async (name, input, result, reason) => {
    const decision = await govern({ policy, tools }).governor.decide(call(name, input))
    expect([decision.result, decision.reason]).toEqual([result, reason])
  })

  it('holds the 31st call of a session within a minute', async () => {
    const { governor } = govern({ policy, tools })
    const session = governor.session({ sessionId: 's' })
    for (let count = 0; count < 30; count++) {
      expect((await session.run(call('lookup'), async () => 1)).status).toBe('executed')
    }
    expect((await session.run(call('lookup'), async () => 1)).status).toBe('approval_required')
  })

  it('has a name, and a version that follows its rules and nothing else', async () => {
    expect(policy.name).toBe('support-desk')
    expect(await policy.version()).toMatch(/^[0-9a-f]{16}$/)
    expect(await parsePolicy(`${SUPPORT_DESK}\n# a comment`).version()).toBe(await policy.version())
    expect(await parsePolicy(SUPPORT_DESK.replace('gt: 100', 'gt: 101')).version()).not.toBe(await policy.version())
  })
})

describe('the two spellings of a policy', () => {
  const effect = fc.constantFrom<Effect>('allow', 'deny', 'require_approval')
  const names = fc.option(fc.array(fc.constantFrom('refund', 'mail', 're*', '!mail', '*'), { minLength: 1 }), {
    nil: undefined,
  })
  const when = fc.option(
    fc.dictionary(
      fc.constantFrom('input.amount', 'input.to', 'value', 'actor'),
      fc.oneof(
        fc.record({ gt: fc.integer({ min: 0, max: 9 }) }),
        fc.record({ lte: fc.integer({ min: 0, max: 9 }) }),
        fc.record({ in: fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('a', 'b'))) }),
        fc.record({ matches: fc.constant('/^a/i') }),
        fc.record({ exists: fc.boolean() }),
        fc.constantFrom('a', 5, true, null),
      ),
      { minKeys: 1 },
    ),
    { nil: undefined },
  )
  const body = fc.record({
    effect,
    tools: names,
    actors: names,
    when,
    reason: fc.option(fc.constantFrom('because', 'of {input.amount}'), { nil: undefined }),
  })
  const rules = fc.array(body, { maxLength: 6 }).map(bodies =>
    bodies.map((fields, index): Rule => ({
      id: `rule-${index}`,
      ...(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as unknown as Omit<
        Rule,
        'id'
      >),
    })),
  )
  const calls = fc.record({
    name: fc.constantFrom('refund', 'mail', 'other', '__proto__', 'constructor'),
    input: fc.record(
      { amount: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant('5')), to: fc.constantFrom('a', 'b', null) },
      { requiredKeys: [] },
    ),
  })

  it('give equal decisions, and equal versions', () =>
    fc.assert(
      fc.asyncProperty(rules, calls, async (list, { name, input }) => {
        const spelled = [
          parsePolicy(stringify({ version: 1, rules: list })),
          parsePolicy(JSON.stringify({ rules: list })),
          definePolicy({ rules: list.map(({ id, ...spec }) => rule(id, spec as RuleSpec)) }),
        ]
        const proposed = call(name, input)
        const decided = await Promise.all(
          spelled.map(async policy => {
            const {
              id: _id,
              policy: asked,
              ...decision
            } = await govern({ policy }).governor.session({ traceId: 't' }).decide(proposed)
            return { ...decision, name: asked.name }
          }),
        )
        expect(decided[1]).toEqual(decided[0])
        expect(decided[2]).toEqual(decided[0])
        expect(await spelled[1]?.version()).toBe(await spelled[0]?.version())
      }),
      runs(300),
    ))
})

describe('a rule', () => {
  it('may be kept to actors, domains, targets and models', async () => {
    const policy = definePolicy({
      rules: [
        {
          id: 'r',
          effect: 'allow',
          actors: ['support-*'],
          domains: ['payments'],
          targets: ['order-*', '!order-0'],
          models: ['gpt-*'],
        },
      ],
    })
    const scope: Scope = { actor: 'support-bot', domain: 'payments', model: 'gpt-6' }
    expect(await resultOf(policy, 't', { target: 'order-1' }, scope)).toBe('allowed')
    expect(await resultOf(policy, 't', { target: 'order-0' }, scope)).toBe('requires_approval')
    expect(await resultOf(policy, 't', {}, scope)).toBe('requires_approval')
    expect(await resultOf(policy, 't', { target: 'order-1' }, { ...scope, actor: 'bot' })).toBe('requires_approval')
    expect(await resultOf(policy, 't', { target: 'order-1' }, { ...scope, domain: 'mail' })).toBe('requires_approval')
    expect(await resultOf(policy, 't', { target: 'order-1' }, { ...scope, domain: undefined })).toBe(
      'requires_approval',
    )
    expect(await resultOf(policy, 't', { target: 'order-1' }, { ...scope, model: 'other' })).toBe('requires_approval')
  })

  it('for models does not know an unknown model, so a list of forbidden ones stops it', async () => {
    const allowed = definePolicy({ rules: [{ id: 'known', effect: 'allow', models: ['gpt-*'] }] })
    const forbidden = definePolicy({
      rules: [
        { id: 'any', effect: 'allow' },
        { id: 'others', effect: 'deny', models: ['!gpt-*'] },
      ],
    })
    expect(await resultOf(allowed, 't')).toBe('requires_approval')
    expect(await resultOf(forbidden, 't')).toBe('blocked')
    expect(await resultOf(forbidden, 't', {}, { model: 'gpt-6' })).toBe('allowed')
  })

  it('may be kept to annotations, of which none is true unless it was said', async () => {
    const policy = definePolicy({
      rules: [
        { id: 'safe', effect: 'allow', annotations: { readOnly: true, openWorld: false } },
        { id: 'else', effect: 'require_approval', annotations: { readOnly: false } },
      ],
    })
    const decide = async (annotations?: ToolProfile['annotations']): Promise<string> => {
      const { governor } = govern({ policy, unlisted: 'deny' })
      return (await governor.decide(call('t'), annotations === undefined ? {} : { profile: { annotations } })).result
    }
    expect(await decide({ readOnly: true })).toBe('allowed')
    expect(await decide({ readOnly: true, openWorld: true })).toBe('blocked')
    expect(await decide({ readOnly: false })).toBe('requires_approval')
    expect(await decide()).toBe('requires_approval')
  })

  it('with a function is asked with the whole request', async () => {
    const when = vi.fn(({ input }: { input: { amount: number } }) => input.amount > 5)
    const policy = definePolicy({ rules: [rule('r', { tools: ['refund'], when, effect: 'deny' })] })
    const { governor } = govern({ policy, actor: 'bot', domain: 'payments', unlisted: 'allow' })
    expect(
      (await governor.decide(call('refund', { amount: 6, target: 'o' }), { user: 'ann', model: 'm' })).result,
    ).toBe('blocked')
    expect(when).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        tool: 'refund',
        input: { amount: 6, target: 'o' },
        value: 6,
        target: 'o',
        actor: 'bot',
        domain: 'payments',
        action: 'refund',
        annotations: {},
        metadata: {},
        session: expect.objectContaining({ user: 'ann', model: 'm' }) as unknown,
        at: expect.any(Number) as unknown,
      }),
    )
    expect((await governor.decide(call('refund', { amount: 5 }))).result).toBe('allowed')
  })

  it.each([
    ['nothing', () => undefined, 'undefined'],
    ['a truthy value', () => 1, 'number'],
    ['null', () => null, 'object'],
    ['a promise', async () => true, 'a promise (a rule cannot wait; use an evaluator)'],
    [
      'a promise that fails',
      async () => Promise.reject(new Error('secret')),
      'a promise (a rule cannot wait; use an evaluator)',
    ],
  ])('whose function answers with %s fails the evaluation', async (_what, when, got) => {
    const policy = definePolicy({ rules: [{ id: 'r', effect: 'deny', when: when as unknown as () => boolean }] })
    const decision = await govern({ policy }).governor.decide(call('t'))
    await settle()
    expect(decision).toMatchObject({
      result: 'blocked',
      failMode: 'closed',
      reason: `Evaluation failed (fail_closed): rule "r" answered with ${got}, expected true or false`,
    })
  })

  it('that fails does not silence the others', async () => {
    const policy = definePolicy({
      rules: [
        rule('broken', { when: () => JSON.parse('{') as boolean, effect: 'allow' }),
        rule('deny', { effect: 'deny', reason: 'no' }),
        rule('broken-too', { when: () => undefined as unknown as boolean, effect: 'allow' }),
      ],
    })
    const decision = await govern({ policy, failMode: 'open' }).governor.decide(call('t'))
    expect(decision.findings).toEqual([{ rule: 'deny', effect: 'deny', reason: 'no' }])
    expect(decision.result).toBe('blocked')
    expect(decision.reason).toBe('no; Evaluation bypassed (fail_open): the evaluation threw SyntaxError')
  })
})

describe('rule()', () => {
  it('takes names from a record of tools', () => {
    expect(rule('r', { tools: { refund: {}, mail: {} }, effect: 'deny' })).toEqual({
      id: 'r',
      effect: 'deny',
      tools: ['refund', 'mail'],
    })
    expect(rule('r', { tools: ['re*'], effect: 'deny' })).toEqual({ id: 'r', effect: 'deny', tools: ['re*'] })
    expect(rule('r', { effect: 'deny' })).toEqual({ id: 'r', effect: 'deny' })
  })
})

describe('the index of rules', () => {
  it('never asks a rule that cannot concern the tool', async () => {
    const other = vi.fn(() => true)
    const own = vi.fn(() => true)
    const policy = definePolicy({
      rules: [
        rule('other', { tools: ['mail', 'send_*'], when: other, effect: 'deny' }),
        rule('own', { tools: ['ref*'], when: own, effect: 'allow' }),
      ],
    })
    expect(await resultOf(policy, 'refund')).toBe('allowed')
    expect(other).not.toHaveBeenCalled()
    expect(own).toHaveBeenCalledTimes(1)
  })

  it('keeps the order written, and is made once for each tool', () => {
    const policy = definePolicy({
      rules: [
        { id: 'a', effect: 'deny' },
        { id: 'b', tools: ['mail'], effect: 'deny' },
        { id: 'c', tools: ['*'], effect: 'deny' },
      ],
    })
    expect(policy.rulesFor('refund').map(({ id }) => id)).toEqual(['a', 'c'])
    expect(policy.rulesFor('mail').map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(policy.rulesFor('refund')).toBe(policy.rulesFor('refund'))
  })

  it('passes over rules for other domains, and over no others, whatever tools and domains are called', () => {
    const name = fc.constantFrom('', 'a', 'ab', '- a', '1 a', '1 ab', '2 a', '*', '__proto__', 'undefined')
    const entry = fc.constantFrom('a', 'ab', 'a*', '*', '!a', '!1 *', '- a', '1 a', '__proto__')
    const list = fc.array(entry, { minLength: 1, maxLength: 3 })
    const spec = fc.record({ tools: list, domains: list }, { requiredKeys: [] })
    const pair = fc.tuple(name, fc.option(name, { nil: undefined }))
    const found = new Set<number>()
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 4 }), fc.array(pair, { minLength: 1, maxLength: 10 }), (specs, pairs) => {
        const rules = specs.map((one, index) => ({ id: `r${index}`, effect: 'deny' as const, ...one }))
        const policy = definePolicy({ rules })
        for (const [tool, domain] of pairs) {
          const alone = rules.filter(
            one =>
              definePolicy({ rules: [one] })
                .rulesFor(tool)[0]
                ?.applies({ domain } as never) === true,
          )
          expect(policy.rulesAbout(tool, domain).map(({ id }) => id)).toEqual(alone.map(({ id }) => id))
          found.add(alone.length)
        }
      }),
    )
    expect(found.size).toBeGreaterThan(2)
  })

  it('answers rightly after more tool names than it remembers', () => {
    const policy = definePolicy({ rules: [{ id: 'r', tools: ['tool-1*'], effect: 'deny' }] })
    for (let index = 0; index < 10_000; index++) policy.rulesFor(`tool-${index}`)
    expect(policy.rulesFor('tool-1')).toHaveLength(1)
    expect(policy.rulesFor('tool-2')).toHaveLength(0)
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'takes %s for a name like any other',
    async name => {
      expect(await resultOf(definePolicy({ rules: [{ id: 'r', tools: ['refund'], effect: 'allow' }] }), name)).toBe(
        'requires_approval',
      )
      expect(await resultOf(definePolicy({ rules: [{ id: 'r', tools: [name], effect: 'allow' }] }), name)).toBe(
        'allowed',
      )
      expect(
        (await govern({ tools: { refund: { annotations: { readOnly: true } } } }).governor.decide(call(name))).result,
      ).toBe('requires_approval')
    },
  )
})

describe('a policy that was compiled', () => {
  it('does not change with the document it came from', async () => {
    const document = { rules: [{ id: 'r', effect: 'deny' as Effect, tools: ['a'] }] }
    const policy = definePolicy(document)
    const version = await definePolicy(structuredClone(document)).version()
    document.rules[0]!.effect = 'allow'
    document.rules[0]!.tools.push('b')
    document.rules.push({ id: 's', effect: 'allow', tools: ['b'] })
    expect(await resultOf(policy, 'a')).toBe('blocked')
    expect(await resultOf(policy, 'b')).toBe('requires_approval')
    expect(await policy.version()).toBe(version)
  })

  it('counts functions by their text', async () => {
    const version = (when: () => boolean): unknown =>
      definePolicy({ rules: [{ id: 'r', effect: 'deny', when }] }).version()
    expect(await version(() => true)).toBe(await version(() => true))
    expect(await version(() => true)).not.toBe(await version(() => false))
  })
})

describe('a call that no rule speaks of', () => {
  it.each([
    [undefined, undefined, 'requires_approval'],
    [undefined, { readOnly: true }, 'allowed'],
    ['require_approval', { readOnly: false }, 'requires_approval'],
    ['require_approval', { readOnly: true }, 'allowed'],
    ['deny', { readOnly: true }, 'blocked'],
    ['deny', undefined, 'blocked'],
    ['allow', undefined, 'allowed'],
  ] as const)('under unlisted %s and annotations %j is %s', async (unlisted, annotations, result) => {
    const { governor } = govern({
      ...(unlisted === undefined ? {} : { unlisted }),
      tools: annotations === undefined ? {} : { t: { annotations } },
    })
    const decision = await governor.decide(call('t'))
    expect(decision.result).toBe(result)
    expect(decision.findings).toEqual([expect.objectContaining({ rule: 'unlisted' })])
    expect(decision.confidence).toBe('low')
  })

  it('is told from one that a rule spoke of', async () => {
    const { governor } = govern({ unlisted: 'deny', policy: { rules: [{ id: 'r', effect: 'allow' }] } })
    const decision = await governor.decide(call('t'))
    expect(decision).toMatchObject({ result: 'allowed', confidence: 'high', recommendation: 'proceed' })
    expect(decision.findings).toEqual([{ rule: 'r', effect: 'allow', reason: 'rule r' }])
  })

  it('says why', async () => {
    const { governor } = govern({ tools: { read: { annotations: { readOnly: true } } } })
    expect((await governor.decide(call('read'))).reason).toBe('no rule speaks of this call, and the tool is read-only')
    expect((await governor.decide(call('write'))).reason).toBe('no rule speaks of this call')
  })
})

describe('the kill switch', () => {
  const run = async (governor: ReturnType<typeof createGovernor>, name: string, scope: Scope = {}): Promise<string> =>
    (await governor.run(call(name), async () => 1, scope)).status

  it.each(['advisory', 'review', 'enforced'] as const)(
    'stops every call in %s mode, whatever the policy allows',
    async mode => {
      const { governor } = govern({ mode, unlisted: 'allow' })
      await governor.killSwitch.activate({ by: 'ann', reason: 'incident 7' })
      const execution = await governor.run(call('t'), () => expect.unreachable())
      expect(execution.status).toBe('blocked')
      expect(execution.decision).toMatchObject({
        reason: 'all tools are switched off by ann: incident 7',
        recommendation: 'do_not_proceed',
      })
      expect(execution.decision.findings).toEqual([
        { rule: 'kill-switch', effect: 'deny', hard: true, reason: 'all tools are switched off by ann: incident 7' },
      ])
      await governor.killSwitch.deactivate({ by: 'bob' })
      expect(await run(governor, 't')).toBe('executed')
    },
  )

  it('may be for one tool', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    await governor.killSwitch.activate({ by: 'ann', reason: 'x', tool: 'refund' })
    expect(await run(governor, 'refund')).toBe('blocked')
    expect(await run(governor, 'mail')).toBe('executed')
    const decision = await governor.decide(call('refund'))
    expect(decision.reason).toBe('tool "refund" is switched off by ann: x')
  })

  it('of a tenant stops that tenant alone', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    const acme = governor.session({ tenant: 'acme' })
    await acme.killSwitch.activate({ by: 'ann', reason: 'x' })
    expect(await run(acme, 't')).toBe('blocked')
    expect(await run(governor, 't')).toBe('executed')
    expect(await run(governor, 't', { tenant: 'other' })).toBe('executed')
    expect(await run(governor, 't', { tenant: 'acme' })).toBe('blocked')
  })

  it('shows a tenant its own switches and the global ones', async () => {
    const { governor } = govern()
    const [acme, other] = [governor.session({ tenant: 'acme' }), governor.session({ tenant: 'other' })]
    expect(await acme.killSwitch.status()).toEqual({ active: false, switches: [] })
    await acme.killSwitch.activate({ by: 'ann', reason: 'x', tool: 't' })
    await governor.killSwitch.activate({ by: 'root', reason: 'y' })
    expect((await acme.killSwitch.status()).switches.map(({ by }) => by)).toEqual(['ann', 'root'])
    expect((await other.killSwitch.status()).switches.map(({ by }) => by)).toEqual(['root'])
    expect((await governor.killSwitch.status()).switches).toHaveLength(2)
  })

  it('of everybody cannot be turned off by a tenant', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    await governor.killSwitch.activate({ by: 'root', reason: 'y' })
    const acme = governor.session({ tenant: 'acme' })
    await expect(acme.killSwitch.deactivate({ by: 'ann' })).rejects.toThrow(
      'killSwitch.deactivate: no switch for all tools is on.',
    )
    expect(await run(acme, 't')).toBe('blocked')
  })

  it('says what it was given wrongly', async () => {
    const { killSwitch } = govern().governor
    const missing = { by: 'ann', reason: '' }
    await expect(killSwitch.activate(missing)).rejects.toThrow(
      'killSwitch.activate: `reason` is missing; expected a non-empty string.',
    )
    await expect(killSwitch.activate({ reason: 'x' } as never)).rejects.toThrow(
      'killSwitch.activate: `by` is missing; expected a non-empty string.',
    )
    await expect(killSwitch.activate({ by: 'a', reason: 'x', tool: '' })).rejects.toThrow(
      'killSwitch.activate: `tool` is missing; expected a non-empty string.',
    )
    await expect(killSwitch.deactivate({ by: '' })).rejects.toThrow(
      'killSwitch.deactivate: `by` is missing; expected a non-empty string.',
    )
    await expect(killSwitch.deactivate({ by: 'ann', reason: '' })).rejects.toThrow(
      'killSwitch.deactivate: `reason` is missing; expected a non-empty string.',
    )
    await expect(killSwitch.deactivate({ by: 'ann', tool: 't' })).rejects.toThrow(
      'killSwitch.deactivate: no switch for tool "t" is on.',
    )
    expect((await killSwitch.status()).active).toBe(false)
  })

  it('is told of, and holds for every governor on the store', async () => {
    const store = memoryStore()
    const { governor, events } = govern({ store, unlisted: 'allow' })
    const second = createGovernor({ store, unlisted: 'allow', clock: testClock() })
    await governor.killSwitch.activate({ by: 'ann', reason: 'x', tool: 't' })
    expect(await run(second, 't')).toBe('blocked')
    await governor.killSwitch.deactivate({ by: 'bob', reason: 'z', tool: 't' })
    expect(await run(second, 't')).toBe('executed')
    expect(events).toMatchObject([
      { type: 'kill-switch-changed', active: true, killSwitch: { by: 'ann', tool: 't' } },
      { type: 'kill-switch-changed', active: false, killSwitch: { by: 'bob', reason: 'z', tool: 't' } },
    ])
  })
})

describe('what a model sends as a name', () => {
  it.each<unknown>(['', 'x'.repeat(257), 5, null, undefined, { toString: 1 }, ['t']])(
    '%j is blocked and recorded when it is no name',
    async name => {
      const { governor } = govern({ unlisted: 'allow', failMode: 'open', mode: 'advisory' })
      const execution = await governor.run({ id: '1', name, input: {} } as ToolCall, () => expect.unreachable())
      expect(execution.decision).toMatchObject({
        result: 'blocked',
        reason: "the tool's name is not a string of 1 to 256 characters",
      })
      expect(await governor.decisions.get(execution.decision.id)).toMatchObject({ execution: { status: 'blocked' } })
    },
  )
})
