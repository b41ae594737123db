import canonicalize from 'canonicalize'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalText } from '../../src/canonical.js'

const key = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.constantFrom('10', '9', '1', '-1', '01', 'a', 'A', '__proto__', 'constructor', '€', '😀', '\ufb33'),
)
const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, -0, 1e21, 5e-324, 'a', '\u2028', '<', 'é', '\ud83d\ude00'),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map(entries => Object.fromEntries(entries) as unknown),
  ),
}))

describe('the canonical text', () => {
  it('is what the RFC 8785 library writes', () => {
    fc.assert(
      fc.property(value, given => {
        const before = JSON.stringify(given)
        expect(canonicalText(given)).toBe(canonicalize(given))
        expect(JSON.stringify(given)).toBe(before)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    [{ b: 1, 10: 1, 9: 1, a: 1 }, '{"10":1,"9":1,"a":1,"b":1}'],
    [{ b: { d: 1, c: 1 } }, '{"b":{"c":1,"d":1}}'],
    [{ a: { d: 1, c: 1 }, b: 1 }, '{"a":{"c":1,"d":1},"b":1}'],
    [[{ b: 1, a: 1 }, 1], '[{"a":1,"b":1},1]'],
    [JSON.parse('{"b":1,"__proto__":{"z":1,"y":2}}'), '{"__proto__":{"y":2,"z":1},"b":1}'],
    [undefined, 'undefined'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [[undefined], '[null]'],
  ])('of %j is %s', (given, text) => {
    expect(canonicalText(given)).toBe(text)
  })
})
