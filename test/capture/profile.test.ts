import type { Decision, ToolProfile } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, govern, settle } from '../support/governing.js'

const decided = (profile: object | undefined, input: unknown): Promise<Decision> =>
  govern({
    actor: 'bot',
    domain: 'support',
    unlisted: 'allow',
    ...(profile === undefined ? {} : { tools: { t: profile } }),
  }).governor.decide(call('t', input))

describe('without a profile', () => {
  it.each([
    [{ value: 1, amount: 2, price: 3, total: 4 }, 1],
    [{ amount: 2, price: 3, total: 4 }, 2],
    [{ price: 3, total: 4 }, 3],
    [{ total: 4 }, 4],
    [{ value: '1', amount: 2 }, 2],
    [{ value: Number.NaN, total: 4 }, 4],
    [{ value: true, amount: Number.POSITIVE_INFINITY, price: 0 }, 0],
    [{ amount: -5 }, -5],
    [{ cost: 5 }, undefined],
    [5, undefined],
    [null, undefined],
    [undefined, undefined],
    [Object.create({ value: 1 }), undefined],
  ])('the value of %j is %j: the first finite number among value, amount, price and total', async (input, value) => {
    const decision = await decided(undefined, input)
    expect(decision.value).toBe(value)
    expect('value' in decision).toBe(value !== undefined)
    expect(decision.result).toBe('allowed')
  })

  it.each([
    [{ target: 'order-1' }, 'order-1'],
    [{ target: 5 }, undefined],
    [{}, undefined],
    ['order-1', undefined],
    [null, undefined],
    [Object.create({ target: 'x' }), undefined],
  ])('the target of %j is %j', async (input, target) => {
    expect((await decided(undefined, input)).target).toBe(target)
  })

  it('the rest is what the governor says', async () => {
    expect(await decided(undefined, {})).toMatchObject({ action: 't', actor: 'bot', domain: 'support' })
    expect(await decided(undefined, {})).not.toHaveProperty('metadata')
  })
})

describe('a profile', () => {
  it('states constants', async () => {
    const profile: ToolProfile = {
      action: 'pay',
      actor: 'payer',
      domain: 'payments',
      value: 7,
      target: 'bank',
      metadata: { region: 'eu' },
    }
    expect(await decided(profile, { value: 1, target: 'x' })).toMatchObject(profile)
  })

  it('or functions of the input', async () => {
    const profile: ToolProfile<{ a: number; b: string }> = {
      action: ({ b }) => `pay-${b}`,
      actor: ({ b }) => `actor-${b}`,
      domain: ({ b }) => `domain-${b}`,
      value: ({ a }) => a * 2,
      target: ({ b }) => `target-${b}`,
      metadata: ({ a }) => ({ a }),
    }
    expect(await decided(profile, { a: 2, b: 'x' })).toMatchObject({
      action: 'pay-x',
      actor: 'actor-x',
      domain: 'domain-x',
      value: 4,
      target: 'target-x',
      metadata: { a: 2 },
    })
  })

  it('may say that there is no value and no target, although the input has some', async () => {
    const decision = await decided({ value: () => undefined, target: () => undefined }, { value: 1, target: 'x' })
    expect(decision).not.toHaveProperty('value')
    expect(decision).not.toHaveProperty('target')
  })

  it('leaves to the defaults what it does not state', async () => {
    expect(await decided({ annotations: { readOnly: true } }, { total: 3, target: 'x' })).toMatchObject({
      action: 't',
      actor: 'bot',
      domain: 'support',
      value: 3,
      target: 'x',
    })
  })

  it.each<[ToolProfile<any>, string]>([
    [{ value: () => 'x' as unknown as number }, 'gave string for `value`, expected a finite number or undefined'],
    [{ value: () => null as unknown as number }, 'gave null for `value`, expected a finite number or undefined'],
    [{ value: () => Number.NaN }, 'gave NaN for `value`, expected a finite number or undefined'],
    [{ value: () => Number.NEGATIVE_INFINITY }, 'gave -Infinity for `value`, expected a finite number or undefined'],
    [
      { value: (async () => 5) as unknown as () => number },
      'gave a promise for `value`, expected a finite number or undefined',
    ],
    [{ target: () => 5 as unknown as string }, 'gave 5 for `target`, expected a string'],
    [{ actor: () => ({}) as unknown as string }, 'gave object for `actor`, expected a string'],
    [{ action: () => true as unknown as string }, 'gave boolean for `action`, expected a string'],
    [{ domain: () => [] as unknown as string }, 'gave object for `domain`, expected a string'],
    [
      { metadata: () => 'x' as unknown as object as Record<string, unknown> },
      'gave string for `metadata`, expected an object',
    ],
    [
      { metadata: (async () => Promise.reject(new Error('x'))) as unknown as () => Record<string, unknown> },
      'gave a promise for `metadata`, expected an object',
    ],
    [
      {
        value: () => {
          throw new Error('secret')
        },
      },
      'threw in `value`',
    ],
  ])('that answers wrongly fails the evaluation', async (profile, why) => {
    const subject = why.startsWith('threw') ? 'the profile of tool "t" ' : 'the profile of tool "t" '
    const decision = await decided(profile, { value: 3 })
    await settle()
    expect(decision).toMatchObject({
      result: 'blocked',
      failMode: 'closed',
      reason: `Evaluation failed (fail_closed): ${subject}${why}`,
    })
    expect(decision.actor).toBe('bot')
  })

  it('that answers wrongly does not hide what class the tool is of', async () => {
    const { governor } = govern({
      failMode: { readOnly: 'open' },
      tools: { t: { value: () => Number.NaN, annotations: { readOnly: true } }, u: { value: () => Number.NaN } },
    })
    expect((await governor.decide(call('t'))).result).toBe('allowed')
    expect((await governor.decide(call('u'))).result).toBe('blocked')
  })

  it('of the caller adds to the one in the catalog, and goes before it', async () => {
    const { governor } = govern({
      tools: { t: { domain: 'catalog', target: 'catalog', annotations: { readOnly: true, destructive: false } } },
      policy: [{ id: 'destructive', effect: 'deny', annotations: { destructive: true, readOnly: true } }],
    })
    const profile: ToolProfile = { target: 'own', annotations: { destructive: true } }
    for (let times = 0; times < 2; times++) {
      expect(await governor.decide(call('t'), { profile })).toMatchObject({
        domain: 'catalog',
        target: 'own',
        result: 'blocked',
      })
    }
    expect((await governor.decide(call('t'))).result).toBe('allowed')
    const elsewhere = await governor.decide(call('u'), { profile })
    expect(elsewhere).toMatchObject({ target: 'own', result: 'requires_approval' })
    expect(elsewhere).not.toHaveProperty('domain')
  })

  it('of the caller is checked like any other', async () => {
    const { governor } = govern({ unlisted: 'allow' })
    const running = governor.run(call('t'), () => expect.unreachable(), { profile: { vlaue: 1 } as ToolProfile })
    await expect(running).rejects.toThrow(
      'Option `profile of t.vlaue`: unknown option; known are action, domain, actor, value, target, metadata, annotations, reconcile, undo, redact. Did you mean "value"?',
    )
  })
})
