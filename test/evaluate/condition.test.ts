import { definePolicy } from 'countersign'
import type { Comparison, Effect, EvaluationRequest } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call, govern, runs } from '../support/governing.js'

/** The request of a call whose `input.x` is what a test wants to look at. */
const request = (x: unknown, more: Partial<EvaluationRequest> = {}): EvaluationRequest => ({
  call: { id: '1', name: 't', input: { x } },
  tool: 't',
  input: x === MISSING ? {} : { x },
  digest: '',
  action: 'act',
  actor: 'bot',
  domain: undefined,
  value: undefined,
  target: undefined,
  metadata: {},
  annotations: {},
  session: { id: 's', user: 'ann', tenant: 'acme', model: 'm', traceId: 'trace' },
  at: 0,
  ...more,
})
const MISSING = Symbol('missing')

/** Whether a rule with this condition applies, by its effect. */
const applies = (
  comparison: Comparison | string | number | boolean | null,
  x: unknown,
  effect: Effect = 'deny',
): boolean => {
  const policy = definePolicy({ rules: [{ id: 'r', effect, when: { 'input.x': comparison } }] })
  return policy.rulesFor('t')[0]?.applies(request(x)) ?? false
}
const atPath = (path: string, comparison: Comparison | string, of: EvaluationRequest): boolean =>
  definePolicy({ rules: [{ id: 'r', effect: 'deny', when: { [path]: comparison } }] })
    .rulesFor('t')[0]
    ?.applies(of) ?? false

describe('a comparison', () => {
  it.each<[Comparison | string | number | boolean | null, unknown, boolean]>([
    [{ eq: 5 }, 5, true],
    [{ eq: 5 }, 6, false],
    [{ eq: 'a' }, 'a', true],
    [5, 5, true],
    ['a', 'b', false],
    [true, true, true],
    [true, false, false],
    [null, null, true],
    [null, MISSING, false],
    [null, 'null', false],
    [{ eq: 'null' }, null, false],
    [{ eq: { a: [1, { b: 2 }] } }, { a: [1, { b: 2 }] }, true],
    [{ eq: { a: [1, { b: 2 }] } }, { a: [1, { b: 3 }] }, false],
    [{ eq: { a: 1 } }, { a: 1, b: 2 }, false],
    [{ eq: { a: 1, b: 2 } }, { a: 1, c: 2 }, false],
    [{ eq: { 0: 'a' } }, ['a'], false],
    [{ eq: ['a'] }, { 0: 'a' }, false],
    [{ eq: {} }, null, false],
    [{ eq: {} }, {}, true],
    [{ eq: [1, 2] }, [1, 2], true],
    [{ eq: [1, 2] }, [2, 1], false],
    [{ ne: 5 }, 6, true],
    [{ ne: 5 }, 5, false],
    [{ ne: 5 }, MISSING, true],
    [{ in: ['a', 'b'] }, 'b', true],
    [{ in: ['a', 'b'] }, 'c', false],
    [{ in: [] }, 'c', false],
    [{ notIn: ['a', 'b'] }, 'c', true],
    [{ notIn: ['a', 'b'] }, 'a', false],
    [{ notIn: ['a'] }, MISSING, true],
    [{ lt: 5 }, 4, true],
    [{ lt: 5 }, 5, false],
    [{ lte: 5 }, 5, true],
    [{ lte: 5 }, 6, false],
    [{ gt: 5 }, 6, true],
    [{ gt: 5 }, 5, false],
    [{ gte: 5 }, 5, true],
    [{ gte: 5 }, 4, false],
    [{ gt: -1 }, MISSING, false],
    [{ lt: 1 }, null, false],
    [{ gt: 1, lt: 3 }, 2, true],
    [{ gt: 1, lt: 3 }, 3, false],
    [{ matches: String.raw`/\bdrop\b/i` }, 'please DROP it', true],
    [{ matches: String.raw`/\bdrop\b/` }, 'please DROP it', false],
    [{ matches: String.raw`/\bdrop\b/i` }, 'dropped', false],
    [{ matches: '/^b$/m' }, 'a\nb\nc', true],
    [{ matches: '/^b$/' }, 'a\nb\nc', false],
    [{ matches: '/a.b/s' }, 'a\nb', true],
    [{ matches: '/a.b/' }, 'a\nb', false],
    [{ matches: '/a/b/' }, 'xa/b', true],
    [{ matches: '/a/' }, MISSING, false],
    [{ matches: '/null/' }, null, false],
    [{ startsWith: '/etc' }, '/etc/passwd', true],
    [{ startsWith: '/etc' }, 'x/etc', false],
    [{ startsWith: '' }, MISSING, false],
    [{ exists: true }, MISSING, false],
    [{ exists: true }, null, true],
    [{ exists: false }, MISSING, true],
    [{ exists: false }, 0, false],
  ])('%j of %j is %j', (comparison, actual, expected) => {
    expect(applies(comparison, actual)).toBe(expected)
    expect(applies(comparison, actual, 'allow')).toBe(expected)
  })

  it.each<[Comparison, unknown]>([
    [{ lt: 5 }, '4'],
    [{ lte: 5 }, '6'],
    [{ gt: 5 }, '6'],
    [{ gte: 5 }, { valueOf: 6 }],
    [{ gt: 5 }, [6]],
    [{ gt: 5 }, true],
    [{ gt: 5 }, Number.NaN],
    [{ matches: '/a/' }, 5],
    [{ matches: '/a/' }, ['a']],
    [{ startsWith: 'a' }, { 0: 'a' }],
    [{ eq: 100 }, '100'],
    [{ eq: '100' }, 100],
    [{ eq: 'all' }, ['all']],
    [{ eq: 'all' }, [['all']]],
    [{ eq: 'true' }, true],
    [{ eq: ['1'] }, [1]],
    [{ eq: 'a,b' }, ['a', 'b']],
    [{ eq: ['a', 'b'] }, 'a,b'],
    [{ eq: ',' }, [null, { a: 1 }]],
    [{ ne: 'all' }, ['all']],
    [{ ne: 100 }, '100'],
    [{ in: ['x', 'all'] }, ['all']],
    [{ notIn: ['x', 'all'] }, ['all']],
  ])('%j of %j cannot be told: it holds in a rule that restricts and not in one that allows', (comparison, actual) => {
    expect(applies(comparison, actual, 'deny')).toBe(true)
    expect(applies(comparison, actual, 'require_approval')).toBe(true)
    expect(applies(comparison, actual, 'allow')).toBe(false)
  })

  it.each<[Comparison, unknown]>([
    [{ eq: 'all' }, ['bob']],
    [{ eq: 'all' }, 7],
    [{ eq: 'all' }, { all: true }],
    [{ in: ['all', 'none'] }, ['bob', 'ann']],
    [{ eq: '' }, {}],
    [{ eq: Array.from({ length: 101 }, () => 'a').join(',') }, Array.from({ length: 101 }, () => 'a')],
  ])('%j of %j is merely different', (comparison, actual) => {
    expect(applies(comparison, actual)).toBe(false)
  })

  it('cannot tell a big integer from its text', () => {
    expect(applies({ eq: '5' }, 5n, 'deny')).toBe(true)
    expect(applies({ eq: '5' }, 5n, 'allow')).toBe(false)
    expect(applies({ eq: '6' }, 5n, 'deny')).toBe(false)
  })

  it('looks as deep as values to compare with may be, and no deeper values are taken', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(applies({ eq: nested(32) }, nested(32))).toBe(true)
    expect(() => applies({ eq: nested(33) }, 1)).toThrow('expected a JSON value')
  })

  it('takes a list of a hundred for a text, and no longer one', () => {
    const list = Array.from({ length: 100 }, () => 'a')
    expect(applies({ eq: list.join(',') }, list)).toBe(true)
  })
})

describe('a path', () => {
  const full = request('v', {
    value: 7,
    target: 'order-1',
    domain: 'payments',
    metadata: { region: { name: 'eu' } },
    input: { list: [{ name: 'first' }], x: 'v' },
  })

  it.each([
    ['input.list.0.name', 'first'],
    ['target', 'order-1'],
    ['domain', 'payments'],
    ['actor', 'bot'],
    ['action', 'act'],
    ['tool', 't'],
    ['metadata.region.name', 'eu'],
    ['session.id', 's'],
    ['session.user', 'ann'],
    ['session.tenant', 'acme'],
    ['session.model', 'm'],
    ['session.traceId', 'trace'],
  ])('%s leads to %j', (path, expected) => {
    expect(atPath(path, expected, full)).toBe(true)
    expect(atPath(path, `${expected}?`, full)).toBe(false)
  })

  it('may be the whole input, metadata or value', () => {
    expect(atPath('input', { eq: { list: [{ name: 'first' }], x: 'v' } }, full)).toBe(true)
    expect(atPath('metadata', { eq: { region: { name: 'eu' } } }, full)).toBe(true)
    expect(atPath('value', { gte: 7, lte: 7 }, full)).toBe(true)
  })

  it.each([
    'input.constructor',
    'input.__proto__',
    'input.x.length.constructor',
    'input.toString',
    'metadata.constructor.name',
    'input.list.length.toFixed',
    'input.x.0',
  ])('%s never reaches a prototype or the inside of a text', path => {
    expect(atPath(path, { exists: true }, full)).toBe(false)
  })

  it('finds own fields with the names of a prototype', () => {
    const own = request(0, { input: JSON.parse('{"__proto__":{"a":1},"constructor":"c"}') as unknown })
    expect(atPath('input.constructor', 'c', own)).toBe(true)
    expect(atPath('input.__proto__.a', { eq: 1 }, own)).toBe(true)
  })
})

describe('confusing types', () => {
  /** A comparison, and a value of the type that it is about. */
  const numeric = fc.record({
    when: fc.oneof(
      fc.record({ lt: fc.integer() }),
      fc.record({ gte: fc.integer() }),
      fc.record({ eq: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ ne: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ notIn: fc.array(fc.integer({ min: 0, max: 3 })) }),
    ),
    value: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer()),
  })
  const word = fc.constantFrom('a', 'all', 'z', '1', '')
  const textual = fc.record({
    when: fc.oneof(
      fc.record({ matches: fc.constant('/^[a-m]/') }),
      fc.record({ startsWith: word }),
      fc.record({ eq: word }),
      fc.record({ ne: word }),
      fc.record({ in: fc.array(word) }),
      fc.record({ notIn: fc.array(word) }),
    ),
    value: word,
  })
  const disguise = fc.constantFrom<(value: unknown) => unknown>(
    value => [value],
    value => [[value]],
    value => (typeof value === 'number' ? String(value) : Number(value)),
  )
  const strictness = ['allowed', 'requires_approval', 'blocked']

  it('never loosens: a value in the disguise of another type is judged at least as strictly', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(numeric, textual),
        fc.constantFrom<Effect>('allow', 'deny', 'require_approval'),
        disguise,
        async ({ when, value }, effect, dress) => {
          const disguised = dress(value)
          // `Number("a")` and `Number("")` are other values, not the same in disguise.
          fc.pre(typeof disguised !== 'number' || String(disguised) === value)
          const { governor } = govern({
            unlisted: effect === 'allow' ? 'deny' : 'allow',
            policy: { rules: [{ id: 'r', effect, when: { 'input.x': when } }] },
          })
          const plain = await governor.decide(call('t', { x: value }))
          const dressed = await governor.decide(call('t', { x: disguised }))
          expect(strictness.indexOf(dressed.result)).toBeGreaterThanOrEqual(strictness.indexOf(plain.result))
        },
      ),
      runs(500),
    ))
})

describe('matching a pattern', () => {
  it.each(['/(a+)+$/', '/(a|aa)+$/', '/(.*)*x/', '/^(([a-z])+.)+[A-Z]([a-z])+$/', String.raw`/(\w+\s?)*!/`])(
    '%s takes time that grows only with the text',
    pattern => {
      const startedAt = performance.now()
      expect(applies({ matches: pattern }, `${'a'.repeat(50_000)}?`)).toBe(false)
      expect(performance.now() - startedAt).toBeLessThan(1500)
    },
  )
})
