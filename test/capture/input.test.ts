import { createHash } from 'node:crypto'
import type { ToolCall } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprint } from '../../src/capture/input.js'
import { call, govern, messageOf } from '../support/governing.js'

const sha = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

/** The same value with the keys of every object in another order. */
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, shuffled(item)] as const)
      .toReversed(),
  )
}

describe('the fingerprint of an input', () => {
  it.each([
    // RFC 8785, section 3.2.2 and appendix B
    [
      {
        // oxlint-disable-next-line no-loss-of-precision -- the RFC's own example
        numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\\"/',
        literals: [null, true, false],
      },
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ],
    // RFC 8785, section 3.2.3: keys by UTF-16 code units
    [
      {
        '\u20ac': 'Euro Sign',
        '\r': 'Carriage Return',
        '\ufb33': 'Hebrew Letter Dalet With Dagesh',
        '1': 'One',
        '\ud83d\ude00': 'Emoji: Grinning Face',
        '\u0080': 'Control',
        '\u00f6': 'Latin Small Letter O With Diaeresis',
      },
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ],
    [-0, '0'],
    [1e21, '1e+21'],
    [5e-324, '5e-324'],
    [9007199254740992, '9007199254740992'],
    [[], '[]'],
    [{}, '{}'],
    ['', '""'],
    [null, 'null'],
    [{ b: 1, a: { d: 1, c: [2, 1] } }, '{"a":{"c":[2,1],"d":1},"b":1}'],
  ])('is the SHA-256 of its RFC 8785 form: %j', (value, canonical) => {
    expect(fingerprint(value)).toBe(sha(canonical))
  })

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(fingerprint(shuffled(value))).toBe(fingerprint(value))
        expect(fingerprint(structuredClone(value))).toBe(fingerprint(value))
      }),
    )
  })

  it('differs for different inputs', () => {
    const text = (value: unknown): string => JSON.stringify(shuffleToSorted(value))
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(fingerprint(one) === fingerprint(other)).toBe(text(one) === text(other))
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.string(), (value, key) => {
        const changed = { ...value, [key]: [value[key] ?? 0] }
        expect(fingerprint(changed)).not.toBe(fingerprint(value))
      }),
    )
  })

  it('tells apart what JSON would not', () => {
    const values: readonly unknown[] = [
      undefined,
      'undefined',
      null,
      'null',
      0,
      '0',
      0n,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      {},
      [],
      new Map(),
      new Map([['a', 1]]),
      new Map([['a', 2]]),
      new Map([[{ a: 1 }, 1]]),
      new Set(),
      new Set(['a']),
      new Set([['a']]),
      new Date(0),
      new Date(1),
      new Date(Number.NaN),
      '1970-01-01T00:00:00.000Z',
      { $date: '1970-01-01T00:00:00.000Z' },
      { x: new Date(0) },
      { x: { $date: '1970-01-01T00:00:00.000Z' } },
      { x: { $date: '1970-01-01T00:00:00.000Z' }, y: 0n },
      { x: new Date(0), y: 0n },
      { x: { $$date: '1970-01-01T00:00:00.000Z' }, y: 0n },
      { $bigint: '0' },
      { $number: 'NaN' },
      new Uint8Array([1, 2]),
      new Uint8Array([1, 3]),
      new Int8Array([1, 2]),
      new Uint8Array([1, 2]).buffer,
      new Uint8Array([1, 3]).buffer,
      new Uint8Array([0, 1, 2]).subarray(1, 2),
      [1, 2],
      new URL('https://a.example/'),
      new URL('https://b.example/'),
      'https://a.example/',
      /a/,
      /b/,
      /a/i,
      Symbol('a'),
      () => 1,
      { toJSON: () => ({}) },
      { toJSON: () => ({}), a: 1 },
      new (class Order {
        id = 1
      })(),
      { id: 1 },
    ]
    const seen = new Map<unknown, unknown>()
    for (const value of values) {
      const digest = fingerprint(value)
      expect(seen.get(digest), `${String(seen.get(digest))} and ${typeof value}`).toBeUndefined()
      seen.set(digest, value)
    }
    expect(seen.size).toBe(values.length)
  })

  it('of a view is that of its own bytes', () => {
    const whole = new Uint8Array([9, 1, 2, 9])
    expect(fingerprint(whole.subarray(1, 3))).toBe(fingerprint(new Uint8Array([1, 2])))
  })

  it('takes nothing from a prototype, and own keys with such names as they are', () => {
    const own: unknown = JSON.parse('{"__proto__":{"a":1}}')
    expect(fingerprint(own)).toBe(sha('{"__proto__":{"a":1}}'))
    expect(fingerprint(own)).not.toBe(fingerprint({}))
    expect(fingerprint({ x: own, y: 0n })).not.toBe(fingerprint({ x: {}, y: 0n }))
    expect(fingerprint(Object.assign(Object.create(null), { a: 1 }))).toBe(fingerprint({ a: 1 }))
  })
})

/** Sorted keys all the way down, by plain recursion. */
function shuffleToSorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffleToSorted)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, shuffleToSorted(item), 'in object'])
    .concat([['{}', null, 'in object']])
}

const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

describe('an input', () => {
  it.each([
    ['nested as deep as may be', nested(64)],
    ['of as many values as may be', Array.from({ length: 99_999 }, () => 0)],
    ['of as many characters as may be', 'x'.repeat(4_000_000)],
    ['of as many bytes as may be', new Uint8Array(4_000_000)],
  ])('%s has a fingerprint', (_what, value) => {
    expect(fingerprint(value)).toMatch(/^[0-9a-f]{64}$/)
  })

  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const cyclicMap = new Map<string, unknown>()
  cyclicMap.set('self', cyclicMap)
  const twice = (depth: number): unknown => {
    let value: unknown = {}
    for (let level = 0; level < depth; level++) value = [value, value]
    return value
  }

  it.each([
    ['too deep', nested(65), 'is nested deeper than 64 levels, or cyclic'],
    ['cyclic', cyclic, 'is nested deeper than 64 levels, or cyclic'],
    ['a map in itself', cyclicMap, 'is nested deeper than 64 levels, or cyclic'],
    ['of too many values', Array.from({ length: 100_000 }, () => 0), 'is more than 100000 values'],
    ['of too many values, few of them its own', twice(40), 'is more than 100000 values'],
    [
      'a set of too many values',
      new Set(Array.from({ length: 100_000 }, (_, index) => index)),
      'is more than 100000 values',
    ],
    [
      'a map of too many values',
      new Map(Array.from({ length: 50_000 }, (_, index) => [index, index])),
      'is more than 100000 values',
    ],
    ['of too many characters', 'x'.repeat(4_000_001), 'is more than 4000000 characters'],
    ['of too long keys', { ['k'.repeat(4_000_001)]: 1 }, 'is more than 4000000 characters'],
    ['of too many bytes', new Uint8Array(4_000_001), 'is more than 4000000 characters'],
    ['a promise', Promise.resolve(1), 'holds [object Promise], whose content cannot be read'],
    ['a blob inside', { file: new Blob(['x']) }, 'holds [object Blob], whose content cannot be read'],
    ['an error inside', [new Error('x')], 'holds [object Error], whose content cannot be read'],
    ['a boxed text', new String('x'), 'holds [object String], whose content cannot be read'],
  ])('that is %s is refused, and the call blocked in every mode and recorded', async (_what, input, why) => {
    expect(messageOf(() => fingerprint(input))).toBe(`The tool input ${why}; it cannot be governed.`)
    for (const mode of ['advisory', 'enforced'] as const) {
      const { governor } = govern({
        mode,
        failMode: 'open',
        unlisted: 'allow',
        policy: [{ id: 'any', effect: 'allow' }],
      })
      const { status, decision } = await governor.run(call('t', input), () => expect.unreachable())
      expect(status).toBe('blocked')
      expect(decision).toMatchObject({
        result: 'blocked',
        reason: `The tool input ${why}; it cannot be governed.`,
        digest: '',
        recommendation: 'do_not_proceed',
        confidence: 'high',
        evaluator: 'local',
        findings: [{ rule: 'invalid-call', effect: 'deny', hard: true }],
      })
      expect(await governor.decisions.get(decision.id)).toMatchObject({ tool: 't', execution: { status: 'blocked' } })
    }
  })

  it.each([
    [
      'a getter that throws',
      Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw new Error('secret')
        },
      }),
    ],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('secret')
          },
        },
      ),
    ],
    ['half of a surrogate pair as a date', { x: Object.assign(Object.create(Date.prototype) as object) }],
  ])('with %s is refused without a word of it', async (_what, input) => {
    const { status, decision } = await govern({ unlisted: 'allow' }).governor.run(call('t', input), () =>
      expect.unreachable(),
    )
    expect(status).toBe('blocked')
    expect(decision.reason).toBe('the input has no canonical JSON form')
  })

  it.each([
    [{ id: '', name: 't', input: {} }, "the call's id is not a non-empty string"],
    [{ id: 5, name: 't', input: {} }, "the call's id is not a non-empty string"],
    [null, 'the call is not an object { id, name, input }'],
    ['call', 'the call is not an object { id, name, input }'],
    [undefined, 'the call is not an object { id, name, input }'],
  ])('in the call %j is blocked', async (proposed, why) => {
    const { governor } = govern({ unlisted: 'allow', failMode: 'open', mode: 'advisory' })
    const execution = await governor.run(proposed as unknown as ToolCall, () => expect.unreachable())
    expect(execution.decision).toMatchObject({ result: 'blocked', reason: why })
    expect(execution.decision.tool).toBe(proposed !== null && typeof proposed === 'object' ? 't' : '-')
    expect(execution.decision.callId).toBe('-')
  })
})
