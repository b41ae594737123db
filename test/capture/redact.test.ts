import { describe, expect, it } from 'vitest'
import { isRedacted, redactInput } from '../../src/capture/redact.js'

describe('redaction', () => {
  it.each([
    [['card'], { card: '4111', to: 'bob' }, { card: '[redacted]', to: 'bob' }],
    [['card.number'], { card: { number: '4111', name: 'bob' } }, { card: { number: '[redacted]', name: 'bob' } }],
    [['a', 'b'], { a: 1, b: 2, c: 3 }, { a: '[redacted]', b: '[redacted]', c: 3 }],
    [['list.1.card'], { list: [{ card: 1 }, { card: 2 }] }, { list: [{ card: 1 }, { card: '[redacted]' }] }],
    [['list'], { list: [1, 2] }, { list: '[redacted]' }],
    [['missing.card'], { card: 1 }, { card: 1 }],
    [['card.number'], { card: null }, { card: null }],
    [['card.number'], { card: '4111' }, { card: '4111' }],
    [['toString'], { card: 1 }, { card: 1 }],
    [[], { card: 1 }, { card: 1 }],
    [undefined, { card: 1 }, { card: 1 }],
    [['card'], 'text', 'text'],
    [['card'], undefined, undefined],
    [['card'], new Map([['card', '4111']]), '[redacted]'],
    [['x.card'], { x: new Set(['4111']) }, { x: '[redacted]' }],
    [['list.length'], { list: [] }, '[redacted]'],
  ])('of %j in %o shows %o', (paths, input, shown) => {
    const before = JSON.stringify(input)
    expect(redactInput(input, paths)).toEqual(shown)
    expect(JSON.stringify(input)).toBe(before)
  })

  it('masks an own field with the name of a prototype', () => {
    const input: unknown = JSON.parse('{"__proto__":"secret","a":1}')
    expect(JSON.stringify(redactInput(input, ['__proto__']))).toBe('{"__proto__":"[redacted]","a":1}')
  })

  it('may be a function, which shows nothing when it throws', () => {
    const last4 = ({ card }: { card: string }): unknown => ({ card: `…${card.slice(-4)}` })
    expect(redactInput({ card: '41111234' }, last4 as never)).toEqual({ card: '…1234' })
    expect(redactInput({}, last4 as never)).toBe('[redacted]')
  })
})

describe('what a profile masks', () => {
  it.each([
    ['password', ['password'], true],
    ['login.password', ['login'], true],
    ['login', ['login.password'], true],
    ['', ['login.password'], true],
    ['users.0.password', ['users.password'], true],
    ['users.$map.0.1', ['users.password'], true],
    ['users.name', ['users.password'], false],
    ['name', ['login.password'], false],
    ['name', [], false],
    ['name', undefined, false],
    ['name', () => ({}), true],
  ] as const)('tells of "%s", with %s: %s', (path, redact, masked) => {
    expect(isRedacted(path, redact)).toBe(masked)
  })
})
