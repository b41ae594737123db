import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../support/governing.js'
import { compileNames } from '../../src/evaluate/names.js'

/** What a pattern means, without a thought for speed. */
const oracle = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map(part => part.replace(/[^a-z]/g, String.raw`\$&`))
      .join('.*')}$`,
    's',
  ).test(name)

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '_'), maxLength: 8 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '_', '*'), minLength: 1, maxLength: 8 })

describe('a list of names', () => {
  it('matches what its patterns say', () => {
    fc.assert(
      fc.property(pattern, letters, (one, name) => {
        expect(compileNames([one])(name)).toBe(oracle(one, name))
      }),
      runs(2000),
    )
  })

  it('holds what is included and not excluded; with exclusions alone, everything else', () => {
    fc.assert(
      fc.property(
        fc.array(pattern, { maxLength: 3 }),
        fc.array(pattern, { maxLength: 3 }),
        letters,
        (some, none, name) => {
          fc.pre(some.length + none.length > 0)
          const included = some.length === 0 || some.some(one => oracle(one, name))
          const excluded = none.some(one => oracle(one, name))
          expect(compileNames([...some, ...none.map(one => `!${one}`)])(name)).toBe(included && !excluded)
        },
      ),
      runs(2000),
    )
  })

  it('does not match a star against letters that two literals share', () => {
    expect(compileNames(['ab*ba'])('aba')).toBe(false)
    expect(compileNames(['ab*ba'])('abba')).toBe(true)
    expect(compileNames(['a*b*b'])('ab')).toBe(false)
    expect(compileNames(['a*bc*c'])('abc')).toBe(false)
    expect(compileNames(['a*bb*bb*c'])('abbbc')).toBe(false)
    expect(compileNames(['a*bb*bb*c'])('abbbbc')).toBe(true)
  })

  it('needs every literal, up to the very last letter before the end', () => {
    expect(compileNames(['a*x*b'])('ab')).toBe(false)
    expect(compileNames(['a*x*b'])('acb')).toBe(false)
    expect(compileNames(['a*x*b'])('axb')).toBe(true)
  })

  it('does not include a name that is not known, unless it only excludes', () => {
    expect(compileNames(['*'])(undefined)).toBe(false)
    expect(compileNames(['gpt-*', '!gpt-3'])(undefined)).toBe(false)
    expect(compileNames(['!gpt-3'])(undefined)).toBe(true)
  })

  it('takes letters that mean something in a regular expression as they are', () => {
    expect(compileNames(['a.c'])('abc')).toBe(false)
    expect(compileNames(['(a+)+$'])('(a+)+$')).toBe(true)
  })

  it('takes time that grows only with the name, whatever the pattern', () => {
    const name = 'a'.repeat(200_000)
    const test = compileNames([`${'*a'.repeat(50)}*b`])
    const startedAt = performance.now()
    expect(test(name)).toBe(false)
    expect(test(`${name}b`)).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})
