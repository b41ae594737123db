import { describe, expect, it } from 'vitest'
import { rateKeys } from '../../src/learn/hierarchy.js'
import { KINDS, kindOf } from '../../src/learn/kind.js'
import { leavesOf } from '../../src/learn/leaves.js'
import { lookAt } from '../../src/learn/look.js'
import { Trajectory } from '../../src/learn/trajectory.js'
import { verbClass } from '../../src/learn/verb.js'
import { eachWord } from '../../src/learn/words.js'

const wordsOf = (text: string): number[] => {
  const words: number[] = []
  eachWord(text, 1000, 100, word => words.push(word))
  return words
}

describe('what is seen of a call', () => {
  it('words are runs of letters and digits, whatever their case, and camelCase is split', () => {
    expect(wordsOf('Send money')).toEqual(wordsOf('sendMoney'))
    expect(wordsOf('send_money!')).toEqual(wordsOf('SEND money'))
    expect(wordsOf('größe 7')).toHaveLength(2)
  })

  it('values have kinds by what they look like', () => {
    const kinds = ['ada@example.com', 'https://a.example', 'GB29NWBK60161331926819', '2024-05-15', 'notes/a.txt', 'W47']
    expect(kinds.map(kindOf)).toEqual([4, 5, 6, 7, 8, 9])
    expect([true, 3, 300, null].map(kindOf)).toEqual([KINDS.flag, KINDS.smallNumber, KINDS.largeNumber, KINDS.nothing])
  })

  it('large numbers are known by their magnitude, so that near ones share what was learnt of them', () => {
    const keyOf = (amount: number): number | undefined =>
      rateKeys(lookAt({ tool: 'pay', input: { amount } }, new Trajectory())).values[0]
    expect(keyOf(1010)).toBe(keyOf(1000))
    expect(keyOf(2000)).not.toBe(keyOf(1000))
    expect(keyOf(-1000)).not.toBe(keyOf(1000))
    expect(keyOf(8)).not.toBe(keyOf(9))
    expect(keyOf(Infinity)).not.toBe(keyOf(-Infinity))
  })

  it('values are named by path, in bounds', () => {
    expect(leavesOf({ a: [{ b: 1 }, 'x'], c: {} }).map(({ path }) => path)).toEqual(['a[0].b', 'a[1]'])
    expect(leavesOf(Array.from({ length: 1000 }, (_, index) => index))).toHaveLength(48)
  })

  it('the very same call is the same whatever the order of its fields', () => {
    const exact = (input: object): number => lookAt({ tool: 't', input }, new Trajectory()).exact
    expect(exact({ a: 1, b: 'x' })).toBe(exact({ b: 'x', a: 1 }))
    expect(exact({ a: 1, b: 'x' })).not.toBe(exact({ a: 'x', b: 1 }))
  })

  it('a tool that sends and a user who pays speak of the same kind of act', () => {
    expect(verbClass(wordsOf('send_money'))).toBe(verbClass(wordsOf('please pay the bill')))
    expect(verbClass(wordsOf('frobnicate'))).toBe(0)
  })

  it('a value is said by the user, and points back to the call whose result it came from', () => {
    const run = new Trajectory()
    const look = lookAt(
      { tool: 'pay', input: { to: 'Ada', sum: 9 }, context: 'pay Ada', provenance: { sum: 'tool:x' } },
      run,
    )
    expect(look.values.map(({ said, source }) => [said, source])).toEqual([
      [1, 0],
      [0, 2],
    ])
  })
})
