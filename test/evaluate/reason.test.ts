import { describe, expect, it } from 'vitest'
import { call, govern } from '../support/governing.js'

const reasonOf = async (reason: string, input: unknown): Promise<string> =>
  (await govern({ policy: { rules: [{ id: 'r', effect: 'deny', reason }] } }).governor.decide(call('t', input))).reason

describe('a reason', () => {
  it.each([
    ['refund of {input.amount} is over 100', { amount: 120 }, 'refund of 120 is over 100'],
    ['{tool} by {actor}: {input.a}{input.b}', { a: 1, b: true }, 't by AI_AGENT: 1true'],
    ['to {input.to}', {}, 'to none'],
    ['to {input.to}', { to: null }, 'to none'],
    ['to {input.to}', { to: { street: 'secret' } }, 'to [redacted]'],
    ['to {input.to}', { to: ['secret'] }, 'to [redacted]'],
    ['to {input.to}', { to: '{input.card}', card: 'secret' }, 'to {input.card}'],
    ['{input.constructor}', {}, 'none'],
    ['a { brace } and {} stay', {}, 'a { brace } and {} stay'],
    ['worth {value}', { amount: 5n }, 'worth none'],
    ['{input.amount}', { amount: 5n }, '5'],
  ])('%s of %o', async (template, input, expected) => {
    expect(await reasonOf(template, input)).toBe(expected)
  })

  it('never shows more than 120 characters of a value', async () => {
    expect(await reasonOf('<{input.text}>', { text: 'x'.repeat(120) })).toBe(`<${'x'.repeat(120)}>`)
    expect(await reasonOf('<{input.text}>', { text: 'x'.repeat(121) })).toBe(`<${'x'.repeat(120)}…>`)
  })

  it('shows all of its own words', async () => {
    expect(await reasonOf(`${'w'.repeat(200)} {input.a}`, { a: 1 })).toBe(`${'w'.repeat(200)} 1`)
  })

  it('is the name of the rule where none is given', async () => {
    const { governor } = govern({ policy: { rules: [{ id: 'no-mail', effect: 'deny' }] } })
    expect((await governor.decide(call('t'))).reason).toBe('rule no-mail')
  })

  it('names every rule that decided, and no other', async () => {
    const { governor } = govern({
      policy: {
        rules: [
          { id: 'a', effect: 'require_approval', reason: 'first' },
          { id: 'b', effect: 'allow', reason: 'never said' },
          { id: 'c', effect: 'require_approval', reason: 'second' },
        ],
      },
    })
    expect((await governor.decide(call('t'))).reason).toBe('first; second')
  })
})
