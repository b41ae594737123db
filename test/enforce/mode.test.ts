import type { Effect, EnforcementMode, Evaluation, Finding } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveAnswer, stricter } from '../../src/enforce/mode.js'
import { call, govern, runs } from '../support/governing.js'

/** What a governor in `mode` makes of an evaluator's answer. */
const answered = async (
  answer: unknown,
  mode: EnforcementMode = 'enforced',
  more: Parameters<typeof govern>[0] = {},
): Promise<{ readonly result: string; readonly failed: boolean; readonly reason: string }> => {
  const { governor } = govern({ mode, decisions: { evaluate: () => answer as Evaluation }, ...more })
  const { result, failMode, reason } = await governor.decide(call('t'))
  return { result, failed: failMode !== undefined, reason }
}
const finding = (effect: Effect, more: Partial<Finding> = {}): Finding => ({
  rule: 'remote',
  effect,
  reason: 'they said',
  ...more,
})

describe('an answer that states its mode', () => {
  it.each<[Evaluation | object, string]>([
    // enforced: an explicit verdict decides
    [{ enforcementMode: 'enforced', enforcedVerdict: 'allowed' }, 'allowed'],
    [{ enforcementMode: 'enforced', enforcedVerdict: 'proceed' }, 'allowed'],
    [{ enforcementMode: 'enforced', enforcedVerdict: 'requires_approval' }, 'requires_approval'],
    [{ enforcementMode: 'enforced', enforcedVerdict: 'blocked' }, 'blocked'],
    [{ enforcementMode: 'enforced', enforcedVerdict: 'ALLOWED' }, 'blocked'],
    [{ enforcementMode: 'enforced', enforcedVerdict: '' }, 'blocked'],
    [{ enforcementMode: 'enforced' }, 'blocked'],
    [{ enforcementMode: 'enforced', enforcedVerdict: null }, 'blocked'],
    [{ enforcementMode: 'enforced', recommendation: 'proceed' }, 'blocked'],
    [{ enforcementMode: 'enforced', allowed: true, result: 'allowed' }, 'blocked'],
    [{ enforcementMode: 'enforced', enforcedVerdict: 'allowed', recommendation: 'do_not_proceed' }, 'allowed'],
    // review: a doubt is held
    [{ enforcementMode: 'review', recommendation: 'do_not_proceed' }, 'blocked'],
    [{ enforcementMode: 'review', recommendation: 'review_recommended' }, 'requires_approval'],
    [{ enforcementMode: 'review', recommendation: 'proceed_with_caution' }, 'requires_approval'],
    [{ enforcementMode: 'review', recommendation: 'proceed' }, 'allowed'],
    [{ enforcementMode: 'review', recommendation: 'certainly' }, 'requires_approval'],
    [{ enforcementMode: 'review' }, 'requires_approval'],
    [{ enforcementMode: 'review', allowed: true }, 'requires_approval'],
    [{ enforcementMode: 'review', recommendation: null, allowed: true }, 'requires_approval'],
    [{ enforcementMode: 'review', recommendation: 'proceed', enforcedVerdict: 'blocked' }, 'allowed'],
    // advisory: only what the service says not to do is not done
    [{ enforcementMode: 'advisory', recommendation: 'do_not_proceed' }, 'blocked'],
    [{ enforcementMode: 'advisory', recommendation: 'review_recommended' }, 'allowed'],
    [
      { enforcementMode: 'advisory', recommendation: 'review_recommended', requiresApproval: true },
      'requires_approval',
    ],
    [{ enforcementMode: 'advisory', recommendation: 'review_recommended', humanReview: true }, 'requires_approval'],
    [
      {
        enforcementMode: 'advisory',
        recommendation: 'review_recommended',
        humanReview: false,
        requiresApproval: false,
      },
      'allowed',
    ],
    [{ enforcementMode: 'advisory', recommendation: 'review_recommended', requiresApproval: null }, 'allowed'],
    [
      { enforcementMode: 'advisory', recommendation: 'review_recommended', requiresApproval: 'yes' },
      'requires_approval',
    ],
    [{ enforcementMode: 'advisory', recommendation: 'review_recommended', humanReview: 1 }, 'requires_approval'],
    [{ enforcementMode: 'advisory', recommendation: 'proceed_with_caution' }, 'allowed'],
    [{ enforcementMode: 'advisory', recommendation: 'proceed_with_caution', requiresApproval: true }, 'allowed'],
    [{ enforcementMode: 'advisory', recommendation: 'proceed' }, 'allowed'],
    [{ enforcementMode: 'advisory', allowed: true }, 'allowed'],
    [{ enforcementMode: 'advisory', result: 'requires_approval' }, 'requires_approval'],
    [{ enforcementMode: 'advisory' }, 'blocked'],
  ])('%j is %s in whatever mode the governor is', async (answer, result) => {
    for (const mode of ['enforced', 'review', 'advisory'] as const) {
      expect(await answered(answer, mode)).toMatchObject({ result, failed: false })
    }
  })
})

describe('an answer without a mode', () => {
  it.each<[Evaluation, EnforcementMode, string]>([
    [{ recommendation: 'proceed' }, 'enforced', 'blocked'],
    [{ recommendation: 'proceed' }, 'review', 'allowed'],
    [{ recommendation: 'proceed' }, 'advisory', 'allowed'],
    [{ recommendation: 'proceed_with_caution' }, 'enforced', 'blocked'],
    [{ recommendation: 'proceed_with_caution' }, 'review', 'requires_approval'],
    [{ recommendation: 'proceed_with_caution' }, 'advisory', 'allowed'],
    [{ recommendation: 'do_not_proceed' }, 'advisory', 'blocked'],
    [{ enforcedVerdict: 'allowed' }, 'enforced', 'allowed'],
    [{ enforcedVerdict: 'allowed' }, 'review', 'requires_approval'],
    [{ enforcedVerdict: 'allowed' }, 'advisory', 'blocked'],
  ])('%j is read in the mode of the governor: in %2$s, %3$s', async (answer, mode, result) => {
    expect((await answered(answer, mode)).result).toBe(result)
  })

  it.each<[object, string]>([
    [{ allowed: true }, 'allowed'],
    [{ allowed: true, reason: 'fine' }, 'allowed'],
    [{ allowed: true, recommendation: null, enforcedVerdict: null, enforcementMode: null }, 'allowed'],
    [{ allowed: false, result: 'requires_approval' }, 'requires_approval'],
    [{ result: 'requires_approval' }, 'requires_approval'],
    [{ allowed: null, result: 'requires_approval' }, 'requires_approval'],
    [{ result: 'allowed' }, 'blocked'],
    [{ allowed: false }, 'blocked'],
    [{ allowed: 'true' }, 'blocked'],
    [{ allowed: 1 }, 'blocked'],
    [{}, 'blocked'],
    [{ result: 'approved' }, 'blocked'],
  ])('nor a recommendation is an older service: %j is %s', async (answer, result) => {
    for (const mode of ['enforced', 'review', 'advisory'] as const) {
      expect(await answered(answer, mode)).toMatchObject({ result, failed: false })
    }
  })
})

describe('an answer in findings', () => {
  it.each<[readonly Finding[], EnforcementMode, string]>([
    [[finding('allow')], 'enforced', 'allowed'],
    [[finding('require_approval')], 'enforced', 'requires_approval'],
    [[finding('deny')], 'enforced', 'blocked'],
    [[finding('allow'), finding('deny')], 'enforced', 'blocked'],
    [[], 'enforced', 'blocked'],
    [[finding('allow')], 'review', 'allowed'],
    [[finding('require_approval')], 'review', 'requires_approval'],
    [[finding('deny')], 'review', 'blocked'],
    [[], 'review', 'requires_approval'],
    [[finding('allow')], 'advisory', 'allowed'],
    [[finding('require_approval')], 'advisory', 'allowed'],
    [[finding('deny')], 'advisory', 'blocked'],
    [[], 'advisory', 'blocked'],
  ])('%j in %s mode is %s', async (findings, mode, result) => {
    expect(await answered({ findings }, mode)).toMatchObject({ result, failed: false })
  })

  it.each<[EnforcementMode, Evaluation, string]>([
    ['enforced', { enforcedVerdict: 'allowed' }, 'blocked'],
    ['review', { recommendation: 'proceed' }, 'blocked'],
    ['advisory', { recommendation: 'proceed' }, 'allowed'],
  ])('in %s mode is not overruled by its own verdict', async (mode, answer, result) => {
    expect((await answered({ ...answer, findings: [finding('deny')] }, mode)).result).toBe(result)
    expect((await answered({ ...answer, findings: [finding('deny', { hard: true })] }, mode)).result).toBe('blocked')
  })

  it('is hard only where it denies', async () => {
    const hard = (effect: Effect): Finding => finding(effect, { hard: true })
    expect((await answered({ findings: [hard('allow')] }, 'advisory')).result).toBe('allowed')
    expect((await answered({ findings: [hard('allow'), finding('allow')] }, 'advisory')).result).toBe('allowed')
    const proceed: Evaluation = { recommendation: 'proceed' }
    expect((await answered({ ...proceed, findings: [hard('deny'), finding('allow')] }, 'advisory')).result).toBe(
      'blocked',
    )
  })

  it('is recorded with its own fields alone', async () => {
    const extra = { ...finding('allow'), hard: false, secret: 'x' }
    const { governor } = govern({ decisions: { name: 'their-service', evaluate: () => ({ findings: [extra] }) } })
    const decision = await governor.decide(call('t'))
    expect(decision.findings).toEqual([finding('allow')])
    expect(decision).toMatchObject({ evaluator: 'their-service', reason: 'they said' })
    expect(
      Object.isFrozen(decision) && Object.isFrozen(decision.findings) && Object.isFrozen(decision.findings[0]),
    ).toBe(true)
  })
})

describe('an answer that cannot be used', () => {
  const malformed: readonly (readonly [unknown, string])[] = [
    [undefined, 'the answer is not an object'],
    [null, 'the answer is not an object'],
    ['allowed', 'the answer is not an object'],
    [true, 'the answer is not an object'],
    [[{ allowed: true }], 'the answer is not an object'],
    [{ findings: 'none' }, 'the answer has malformed findings'],
    [{ findings: [null] }, 'the answer has malformed findings'],
    [{ findings: ['allow'] }, 'the answer has malformed findings'],
    [{ findings: [{ rule: 'r', reason: 'x', effect: 'permit' }] }, 'the answer has malformed findings'],
    [{ findings: [{ rule: 5, reason: 'x', effect: 'allow' }] }, 'the answer has malformed findings'],
    [{ findings: [{ rule: 'r', effect: 'allow' }] }, 'the answer has malformed findings'],
    [{ enforcementMode: 5 }, 'the enforcement mode is not a string'],
    [
      { enforcementMode: 'strict', enforcedVerdict: 'allowed' },
      'the evaluator answered with an unknown enforcement mode',
    ],
    [{ enforcementMode: '', allowed: true }, 'the evaluator answered with an unknown enforcement mode'],
    [{ enforcementMode: 'legacy', allowed: true }, 'the evaluator answered with an unknown enforcement mode'],
    [{ enforcedVerdict: true }, 'the enforced verdict is not a string'],
    [{ recommendation: { toString: 'proceed' } }, 'the recommendation is not a string'],
    [{ enforcementMode: 'advisory', recommendation: 'sure' }, 'the evaluator answered with an unknown recommendation'],
    [{ enforcementMode: 'advisory', recommendation: '' }, 'the evaluator answered with an unknown recommendation'],
  ]

  it.each(malformed)('%j is a failure: %s', async (answer, why) => {
    expect(await answered(answer)).toEqual({
      result: 'blocked',
      failed: true,
      reason: `Evaluation failed (fail_closed): ${why}`,
    })
    expect(await answered(answer, 'review', { failMode: 'open' })).toEqual({
      result: 'allowed',
      failed: true,
      reason: `Evaluation bypassed (fail_open): ${why}`,
    })
  })

  it('leaves out of the record what has the wrong type there', async () => {
    const evaluate = (): Evaluation =>
      ({ allowed: true, riskScore: 2, confidence: 'certain', reason: { secret: 1 } }) as unknown as Evaluation
    const decision = await govern({ decisions: { evaluate } }).governor.decide(call('t'))
    expect(decision).toMatchObject({ result: 'allowed', reason: 'remote answered allowed', evaluator: 'remote' })
    expect(decision).not.toHaveProperty('riskScore')
    expect(decision).not.toHaveProperty('confidence')
    expect(decision).not.toHaveProperty('recommendation')
  })

  it.each(['proceed', 'proceed_with_caution', 'review_recommended', 'do_not_proceed'])(
    'keeps the recommendation %s',
    async recommendation => {
      const evaluate = (): Evaluation => ({ enforcementMode: 'advisory', recommendation })
      expect(await govern({ decisions: { evaluate } }).governor.decide(call('t'))).toMatchObject({ recommendation })
    },
  )

  it.each(['high', 'medium', 'low'] as const)('keeps a confidence that is %s', async confidence => {
    const decision = await govern({ decisions: { evaluate: () => ({ allowed: true, confidence }) } }).governor.decide(
      call('t'),
    )
    expect(decision).toMatchObject({ confidence })
  })

  it.each([
    [0, true],
    [1, true],
    [0.5, true],
    [-0.1, false],
    [1.1, false],
    [Number.NaN, false],
    ['0.5', false],
  ])('keeps a risk score of %j: %j', async (riskScore, kept) => {
    const evaluate = (): Evaluation => ({
      recommendation: 'proceed',
      confidence: 'medium',
      riskScore: riskScore as number,
    })
    const decision = await govern({ mode: 'review', decisions: { evaluate } }).governor.decide(call('t'))
    expect(decision).toMatchObject({ recommendation: 'proceed', confidence: 'medium' })
    expect('riskScore' in decision).toBe(kept)
  })
})

describe('any answer at all', () => {
  const words = fc.constantFrom(
    'allowed',
    'proceed',
    'requires_approval',
    'blocked',
    'enforced',
    'review',
    'advisory',
    'proceed_with_caution',
    'review_recommended',
    'do_not_proceed',
    'legacy',
    '',
    'true',
  )
  const anything = fc.oneof({ weight: 4, arbitrary: words }, fc.boolean(), fc.constant(null), fc.jsonValue())
  const effects = fc.record({
    rule: fc.string(),
    effect: fc.constantFrom('allow', 'deny', 'require_approval', 'permit'),
    reason: fc.string(),
  })
  const answer = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        enforcementMode: fc.oneof(
          { weight: 3, arbitrary: fc.constantFrom('enforced', 'review', 'advisory') },
          anything,
        ),
        enforcedVerdict: anything,
        recommendation: anything,
        allowed: anything,
        result: anything,
        requiresApproval: anything,
        humanReview: anything,
        findings: fc.oneof(fc.array(effects, { maxLength: 3 }), anything),
      },
      { requiredKeys: [] },
    ),
  )

  type Given = Readonly<Record<string, unknown>>
  const isSet = (flag: unknown): boolean => (flag ?? false) !== false
  const effectsOf = (given: Given): readonly string[] | undefined =>
    (given['findings'] as readonly { readonly effect: string }[] | null | undefined)?.map(({ effect }) => effect)
  const contradicts = (given: Given): boolean => effectsOf(given)?.some(effect => effect !== 'allow') === true
  const saysAllow = (given: Given): boolean => (effectsOf(given)?.length ?? 0) > 0 && !contradicts(given)

  /** The table of docs/modes.md, read from its other end: all that there is to say for an allow, by mode. */
  const ALLOWS: Readonly<Record<string, (given: Given) => boolean>> = {
    enforced: given => {
      const verdict = given['enforcedVerdict'] ?? undefined
      return verdict === undefined
        ? saysAllow(given)
        : ['allowed', 'proceed'].includes(verdict as string) && !contradicts(given)
    },
    review: given => {
      const recommendation = given['recommendation'] ?? undefined
      return recommendation === undefined ? saysAllow(given) : recommendation === 'proceed' && !contradicts(given)
    },
    advisory: given => {
      const effects = effectsOf(given) ?? []
      const fromFindings = effects.includes('deny')
        ? 'do_not_proceed'
        : effects.includes('require_approval')
          ? 'review_recommended'
          : 'proceed'
      const recommendation = given['recommendation'] ?? (effects.length === 0 ? undefined : fromFindings)
      if (recommendation === undefined) return given['allowed'] === true
      if (recommendation === 'review_recommended')
        return !isSet(given['requiresApproval']) && !isSet(given['humanReview'])
      return recommendation === 'proceed' || recommendation === 'proceed_with_caution'
    },
  }
  const mayBeAllowed = (given: unknown, governorMode: EnforcementMode): boolean => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return false
    const answered = given as Given
    const modern = ['recommendation', 'enforcedVerdict', 'findings', 'enforcementMode'].some(
      field => (answered[field] ?? null) !== null,
    )
    if (!modern) return answered['allowed'] === true
    const mode = answered['enforcementMode'] ?? governorMode
    return typeof mode === 'string' && Object.hasOwn(ALLOWS, mode) && ALLOWS[mode]?.(answered) === true
  }

  it('is never an allow unless the table says so', () =>
    fc.assert(
      fc.asyncProperty(
        answer,
        fc.constantFrom<EnforcementMode>('enforced', 'review', 'advisory'),
        async (given, mode) => {
          const { result } = await answered(given, mode)
          if (result === 'allowed') expect(mayBeAllowed(given, mode)).toBe(true)
        },
      ),
      runs(3000),
    ))

  it('is an allow where the table says so and everything has its type', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record(
          {
            enforcementMode: fc.constantFrom('enforced', 'review', 'advisory'),
            enforcedVerdict: words,
            recommendation: fc.constantFrom('proceed', 'proceed_with_caution', 'review_recommended', 'do_not_proceed'),
            allowed: fc.boolean(),
            requiresApproval: fc.boolean(),
          },
          { requiredKeys: [] },
        ),
        fc.constantFrom<EnforcementMode>('enforced', 'review', 'advisory'),
        async (given, mode) => {
          expect((await answered(given, mode)).result === 'allowed').toBe(mayBeAllowed(given, mode))
        },
      ),
      runs(1000),
    ))
})

describe('the table by itself', () => {
  it.each<[Evaluation, EnforcementMode, string]>([
    [{ enforcementMode: 'enforced', enforcedVerdict: 'allowed' }, 'review', 'allowed'],
    [{ enforcementMode: 'review', recommendation: 'proceed' }, 'enforced', 'allowed'],
    [{ recommendation: 'proceed' }, 'advisory', 'allowed'],
    [{ allowed: true }, 'enforced', 'allowed'],
    [{ findings: [finding('allow')] }, 'enforced', 'allowed'],
  ])('makes of %j in %s mode: %s', (answer, mode, result) => {
    expect(resolveAnswer(answer, mode)).toEqual({ result })
  })

  it('knows which of two results is the stricter', () => {
    expect(stricter('allowed', 'requires_approval')).toBe('requires_approval')
    expect(stricter('blocked', 'requires_approval')).toBe('blocked')
    expect(stricter('allowed', 'allowed')).toBe('allowed')
    expect(stricter('allowed', 'blocked')).toBe('blocked')
  })
})

describe('the policy beside an evaluator', () => {
  const SEVERITY = ['allowed', 'requires_approval', 'blocked']

  it.each<[Effect, Evaluation, string]>([
    ['deny', { allowed: true }, 'blocked'],
    ['require_approval', { allowed: true }, 'requires_approval'],
    ['allow', { allowed: true }, 'allowed'],
    ['allow', { allowed: false }, 'blocked'],
    ['allow', { result: 'requires_approval' }, 'requires_approval'],
    ['require_approval', { allowed: false }, 'blocked'],
  ])('that says %s makes of %j: %s', async (effect, answer, result) => {
    expect((await answered(answer, 'enforced', { policy: [{ id: 'own', effect }] })).result).toBe(result)
  })

  it('leaves to the evaluator what it does not speak of', async () => {
    expect((await answered({ allowed: true }, 'enforced', { unlisted: 'deny' })).result).toBe('allowed')
  })

  it('does not ask it about what it denies itself', async () => {
    let asked = 0
    const { governor } = govern({
      policy: [{ id: 'no', effect: 'deny' }],
      decisions: {
        evaluate: () => {
          asked++
          return { allowed: true }
        },
      },
    })
    expect((await governor.decide(call('t'))).result).toBe('blocked')
    expect(asked).toBe(0)
  })

  it('gives its reasons first, and both where both spoke', async () => {
    const policy = [{ id: 'own', effect: 'require_approval', reason: 'ours' }] as const
    expect((await answered({ allowed: true, reason: 'theirs' }, 'enforced', { policy })).reason).toBe('ours; theirs')
    expect((await answered({ findings: [finding('allow')] }, 'enforced', { policy })).reason).toBe('ours; they said')
    expect(
      (await answered({ allowed: true }, 'enforced', { policy: [{ id: 'own', effect: 'allow', reason: '' }] })).reason,
    ).toBe('remote answered allowed')
  })

  it('can only tighten its answers', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<Effect>('allow', 'deny', 'require_approval'), { maxLength: 4 }),
        fc.constantFrom<Evaluation>(
          { allowed: true },
          { allowed: false },
          { result: 'requires_approval' },
          { enforcementMode: 'enforced', enforcedVerdict: 'allowed' },
          { enforcementMode: 'advisory', recommendation: 'review_recommended' },
        ),
        fc.constantFrom<EnforcementMode>('enforced', 'review', 'advisory'),
        async (effects, answer, mode) => {
          const alone = await answered(answer, mode)
          const both = await answered(answer, mode, {
            policy: effects.map((effect, index) => ({ id: `r${index}`, effect })),
          })
          expect(SEVERITY.indexOf(both.result)).toBeGreaterThanOrEqual(SEVERITY.indexOf(alone.result))
        },
      ),
    ))
})

describe('the local policy', () => {
  it.each<[EnforcementMode, Effect, boolean, string]>([
    ['enforced', 'allow', false, 'allowed'],
    ['enforced', 'require_approval', false, 'requires_approval'],
    ['enforced', 'deny', false, 'blocked'],
    ['enforced', 'deny', true, 'blocked'],
    ['review', 'allow', false, 'allowed'],
    ['review', 'require_approval', false, 'requires_approval'],
    ['review', 'deny', false, 'blocked'],
    ['review', 'deny', true, 'blocked'],
    ['advisory', 'allow', false, 'allowed'],
    ['advisory', 'require_approval', false, 'allowed'],
    ['advisory', 'deny', false, 'allowed'],
    ['advisory', 'deny', true, 'blocked'],
  ])('in %s mode, %s (hard: %j) is %s', async (mode, effect, hard, result) => {
    const { governor } = govern({ mode, policy: [{ id: 'r', effect, ...(hard ? { hard } : {}) }] })
    const decision = await governor.decide(call('t'))
    const recommendation = { allow: 'proceed', require_approval: 'review_recommended', deny: 'do_not_proceed' }[effect]
    expect(decision).toMatchObject({ result, mode, recommendation, confidence: 'high', evaluator: 'local' })
    expect(decision.findings).toEqual([{ rule: 'r', effect, reason: 'rule r', ...(hard ? { hard } : {}) }])
  })

  it('never weakens when a rule is added (law 3)', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<Effect>('allow', 'deny', 'require_approval'), { minLength: 1, maxLength: 5 }),
        fc.constantFrom<Effect>('allow', 'deny', 'require_approval'),
        fc.nat(5),
        fc.constantFrom<EnforcementMode>('enforced', 'review', 'advisory'),
        async (effects, extra, at, mode) => {
          const severity = async (list: readonly Effect[]): Promise<number> => {
            const policy = list.map((effect, index) => ({ id: `r${index}`, effect }))
            const { result } = await govern({ policy, mode }).governor.decide(call('t'))
            return ['allowed', 'requires_approval', 'blocked'].indexOf(result)
          }
          expect(await severity(effects.toSpliced(at, 0, extra))).toBeGreaterThanOrEqual(await severity(effects))
        },
      ),
    ))
})
