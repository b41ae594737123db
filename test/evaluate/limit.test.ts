import { createGovernor, memoryStore } from 'countersign'
import type { Decision, Governor, LimitSpec, Rule, Scope } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/duration.js'
import { call, govern, slowStore, testClock } from '../support/governing.js'

const limited = (limit: LimitSpec, more: Partial<Rule> = {}): { readonly rules: readonly Rule[] } => ({
  rules: [
    { id: 'any', effect: 'allow' },
    { id: 'limit', effect: 'deny', limit, ...more },
  ],
})
const ok = async (): Promise<string> => 'done'
const statusOf = async (governor: Governor, name: string, input: unknown = {}, scope: Scope = {}): Promise<string> =>
  (await governor.run(call(name, input), ok, scope)).status

describe('a limit', () => {
  it('lets calls through up to its maximum, and again when they have left the window', async () => {
    const { governor, clock } = govern({ policy: limited({ count: 'calls', per: 'actor', window: '1m', max: 2 }) })
    expect(await statusOf(governor, 't')).toBe('executed')
    clock.advance(30_000)
    expect(await statusOf(governor, 't')).toBe('executed')
    expect(await statusOf(governor, 't')).toBe('blocked')
    clock.advance(29_999)
    expect(await statusOf(governor, 't')).toBe('blocked')
    clock.advance(1)
    expect(await statusOf(governor, 't')).toBe('executed')
    expect(await statusOf(governor, 't')).toBe('blocked')
  })

  it('of zero lets nothing through', async () => {
    const { governor } = govern({ policy: limited({ count: 'calls', per: 'tool', window: '1h', max: 0 }) })
    expect(await statusOf(governor, 't')).toBe('blocked')
  })

  it('on a sum counts what is at stake, not how often', async () => {
    const { governor } = govern({ policy: limited({ sum: 'value', per: 'actor', window: '24h', max: 5000 }) })
    expect(await statusOf(governor, 'refund', { amount: 4000 })).toBe('executed')
    expect(await statusOf(governor, 'refund', { amount: 1000.01 })).toBe('blocked')
    expect(await statusOf(governor, 'refund', { amount: 1000 })).toBe('executed')
    expect(await statusOf(governor, 'refund', { amount: 0.01 })).toBe('blocked')
    expect(await statusOf(governor, 'refund', {})).toBe('executed')
  })

  it('on a sum adds money without drifting', async () => {
    const { governor } = govern({ policy: limited({ sum: 'value', per: 'actor', window: '1d', max: 1 }) })
    for (let cents = 0; cents < 10; cents++) expect(await statusOf(governor, 't', { amount: 0.1 })).toBe('executed')
    expect(await statusOf(governor, 't', { amount: 0.000_001 })).toBe('blocked')
  })

  it('on a sum may be over any number of the input, and takes it without its sign', async () => {
    const { governor } = govern({ policy: limited({ sum: 'input.quantity', per: 'tool', window: '1d', max: 10 }) })
    expect(await statusOf(governor, 't', { quantity: -6 })).toBe('executed')
    expect(await statusOf(governor, 't', { quantity: 5 })).toBe('blocked')
    expect(await statusOf(governor, 't', { quantity: 4 })).toBe('executed')
    expect(await statusOf(governor, 't', { quantity: null })).toBe('executed')
  })

  it.each(['5', [5], Number.NaN, Number.POSITIVE_INFINITY, true])(
    'on a sum is exceeded by what cannot be added up: %j',
    async quantity => {
      const { governor } = govern({ policy: limited({ sum: 'input.quantity', per: 'tool', window: '1d', max: 10 }) })
      expect(await statusOf(governor, 't', { quantity })).toBe('blocked')
      expect(await statusOf(governor, 't', { quantity: 10 })).toBe('executed')
    },
  )

  it('says so, in its own words or in those of the rule', async () => {
    const reasonOf = async (limit: LimitSpec, more: Partial<Rule> = {}): Promise<string> =>
      (await govern({ policy: limited(limit, more) }).governor.decide(call('t', { amount: 9 }))).reason
    expect(await reasonOf({ count: 'calls', per: 'session', window: '1m', max: 0 })).toBe(
      'over the limit of 0 calls per session in 1m',
    )
    expect(await reasonOf({ sum: 'value', per: 'actor', window: 5000, max: 1 })).toBe(
      'over the limit of 1 value in all per actor in 5000',
    )
    expect(await reasonOf({ count: 'calls', per: 'tool', window: '1m', max: 0 }, { reason: 'no {input.amount}' })).toBe(
      'no 9',
    )
  })

  it('may hold calls instead of blocking them, and does not count what is held', async () => {
    const { governor } = govern({
      policy: limited({ count: 'calls', per: 'session', window: '1m', max: 1 }, { effect: 'require_approval' }),
    })
    expect(await statusOf(governor, 't')).toBe('executed')
    expect(await statusOf(governor, 't')).toBe('approval_required')
    expect(await statusOf(governor, 't')).toBe('approval_required')
  })

  it('does not count what another rule refused', async () => {
    const { governor } = govern({
      policy: {
        rules: [
          { id: 'any', effect: 'allow' },
          { id: 'no', effect: 'deny', when: { 'input.bad': true } },
          { id: 'limit', effect: 'deny', limit: { count: 'calls', per: 'actor', window: '1m', max: 1 } },
        ],
      },
    })
    expect(await statusOf(governor, 't', { bad: true })).toBe('blocked')
    expect(await statusOf(governor, 't')).toBe('executed')
  })

  it('does not count what was only asked', async () => {
    const { governor } = govern({ policy: limited({ count: 'calls', per: 'actor', window: '1m', max: 1 }) })
    for (let times = 0; times < 3; times++) expect((await governor.decide(call('t'))).result).toBe('allowed')
    expect(await statusOf(governor, 't')).toBe('executed')
    expect((await governor.decide(call('t'))).result).toBe('blocked')
  })

  it('counts what advisory mode lets through all the same', async () => {
    const policy = limited({ count: 'calls', per: 'actor', window: '1m', max: 1 })
    const store = memoryStore()
    const clock = testClock()
    const advisory = createGovernor({ policy, store, clock, mode: 'advisory' })
    for (let times = 0; times < 3; times++) expect(await statusOf(advisory, 't')).toBe('executed')
    const [last] = await advisory.decisions.list()
    expect(last?.findings.map(({ rule }) => rule)).toEqual(['any', 'limit'])
    expect(await statusOf(createGovernor({ policy, store, clock }), 't')).toBe('blocked')
  })

  it('speaks only of calls its other keys hold for', async () => {
    const { governor } = govern({
      policy: limited(
        { count: 'calls', per: 'actor', window: '1m', max: 0 },
        { tools: ['refund*'], when: { value: { gt: 10 } } },
      ),
    })
    expect(await statusOf(governor, 'refund', { amount: 10 })).toBe('executed')
    expect(await statusOf(governor, 'mail', { amount: 11 })).toBe('executed')
    expect(await statusOf(governor, 'refund_all', { amount: 11 })).toBe('blocked')
  })

  it('on a sum starts anew where the rule counted calls before, and is of its own window', async () => {
    const store = memoryStore()
    const clock = testClock()
    const under = (limit: LimitSpec): Governor => createGovernor({ store, clock, policy: limited(limit) })
    expect(await statusOf(under({ count: 'calls', per: 'actor', window: '1m', max: 1 }), 't', { amount: 1 })).toBe(
      'executed',
    )
    expect(await statusOf(under({ sum: 'value', per: 'actor', window: '1m', max: 1 }), 't', { amount: 1 })).toBe(
      'executed',
    )
    expect(await statusOf(under({ sum: 'input.amount', per: 'actor', window: '1m', max: 1 }), 't', { amount: 1 })).toBe(
      'executed',
    )
    expect(await statusOf(under({ count: 'calls', per: 'actor', window: '1h', max: 1 }), 't', { amount: 1 })).toBe(
      'executed',
    )
    expect(await statusOf(under({ count: 'calls', per: 'actor', window: '1m', max: 1 }), 't', { amount: 1 })).toBe(
      'blocked',
    )
  })

  it('of two rules is two counts', async () => {
    const limit: LimitSpec = { count: 'calls', per: 'actor', window: '1m', max: 1 }
    const { governor } = govern({
      policy: {
        rules: [
          { id: 'any', effect: 'allow' },
          { id: 'a', tools: ['a'], effect: 'deny', limit },
          { id: 'b', tools: ['b'], effect: 'deny', limit },
        ],
      },
    })
    expect(await statusOf(governor, 'a')).toBe('executed')
    expect(await statusOf(governor, 'b')).toBe('executed')
  })

  it.each<[LimitSpec['per'], (side: number) => readonly [string, unknown, Scope]]>([
    ['actor', side => ['t', {}, { actor: `bot-${side}` }]],
    ['tool', side => [`t-${side}`, {}, {}]],
    ['domain', side => ['t', {}, { domain: `d-${side}` }]],
    ['session', side => ['t', {}, { sessionId: `s-${side}` }]],
    ['user', side => ['t', {}, { user: `u-${side}` }]],
    ['target', side => ['t', { target: `order-${side}` }, {}]],
    ['tenant', side => ['t', {}, { tenant: `acme-${side}` }]],
  ])('per %s is one count for each, and shared within', async (per, of) => {
    const { governor } = govern({ policy: limited({ count: 'calls', per, window: '1m', max: 1 }) })
    expect(await statusOf(governor, ...of(1))).toBe('executed')
    expect(await statusOf(governor, ...of(2))).toBe('executed')
    expect(await statusOf(governor, ...of(1))).toBe('blocked')
    expect(await statusOf(governor, ...of(2))).toBe('blocked')
  })

  it.each<LimitSpec['per']>(['actor', 'tool', 'domain', 'session', 'user', 'target', 'tenant'])(
    'per %s never crosses from one tenant to another',
    async per => {
      const { governor } = govern({ policy: limited({ count: 'calls', per, window: '1m', max: 1 }) })
      expect(await statusOf(governor, 't', {}, { tenant: 'a' })).toBe('executed')
      expect(await statusOf(governor, 't', {}, { tenant: 'b' })).toBe('executed')
      expect(await statusOf(governor, 't', {}, { tenant: 'a' })).toBe('blocked')
    },
  )

  it('keeps one count for calls that name nobody', async () => {
    const { governor } = govern({ policy: limited({ count: 'calls', per: 'user', window: '1m', max: 1 }) })
    expect(await statusOf(governor, 't')).toBe('executed')
    expect(await statusOf(governor, 't')).toBe('blocked')
    expect(await statusOf(governor, 't', {}, { user: 'ann' })).toBe('executed')
  })

  it.each([
    ['at once', memoryStore],
    ['after a while', slowStore],
  ])('is never exceeded, however many calls come at the same time, in a store that answers %s', (_when, create) =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 8 }),
        async (amounts, max, calls) => {
          const { governor } = govern({
            store: create(),
            policy: {
              rules: [
                { id: 'any', effect: 'allow' },
                { id: 'sum', effect: 'deny', limit: { sum: 'value', per: 'actor', window: '1h', max } },
                { id: 'count', effect: 'deny', limit: { count: 'calls', per: 'actor', window: '1h', max: calls } },
              ],
            },
          })
          let spent = 0
          let count = 0
          const execute = (amount: number) => () => {
            spent += amount
            count++
          }
          const ended = await Promise.all(amounts.map(amount => governor.run(call('t', { amount }), execute(amount))))
          expect(spent).toBeLessThanOrEqual(max)
          expect(count).toBeLessThanOrEqual(calls)
          // Nor is room left unused: what was refused would not have fitted.
          const smallestRefused = Math.min(...amounts.filter((_amount, index) => ended[index]?.status === 'blocked'))
          if (count < calls) expect(spent + smallestRefused).toBeGreaterThan(max)
        },
      ),
    ),
  )
})

describe('a decision under two limits', () => {
  it('spends of none where one has no room', async () => {
    const { governor } = govern({
      policy: {
        rules: [
          { id: 'any', effect: 'allow' },
          { id: 'calls', effect: 'deny', limit: { count: 'calls', per: 'actor', window: '1h', max: 2 } },
          { id: 'money', effect: 'deny', limit: { sum: 'value', per: 'actor', window: '1h', max: 10 } },
        ],
      },
    })
    const decisions: Decision[] = []
    for (const amount of [11, 12, 5, 5, 0]) decisions.push((await governor.run(call('t', { amount }), ok)).decision)
    expect(decisions.map(({ result }) => result)).toEqual(['blocked', 'blocked', 'allowed', 'allowed', 'blocked'])
  })
})

describe('a duration', () => {
  it.each([
    [90, 90],
    ['15ms', 15],
    ['30s', 30_000],
    ['1m', 60_000],
    ['1.5h', 5_400_000],
    ['1.25h', 4_500_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['', undefined],
    ['m', undefined],
    ['1y', undefined],
    ['x1m', undefined],
    ['1m ', undefined],
    ['-1m', undefined],
    [-1, undefined],
    [null, undefined],
  ])('%j is %j milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })
})
