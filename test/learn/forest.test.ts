import { describe, expect, it } from 'vitest'
import { Forest } from '../../src/learn/forest.js'

const learnBoth = (memory: number, cases: number): Forest => {
  const forest = new Forest({ signals: 5, memory, trees: 32 })
  for (let index = 0; index < cases; index++) {
    const [left, right] = [index % 2, (index >> 1) % 2]
    forest.learn(Uint8Array.of(left * 20, right * 20, index % 7, 3, index % 5), left === 1 && right === 1, 1)
  }
  return forest
}

describe('the forest', () => {
  it('says nothing before there were cases', () => {
    expect(new Forest({ signals: 5, memory: 64, trees: 8 }).score(new Uint8Array(5))).toBe(0)
  })

  it('learns what depends on two signals together, which neither says by itself', () => {
    const forest = learnBoth(256, 600)
    expect(forest.score(Uint8Array.of(20, 20, 1, 3, 1))).toBeGreaterThan(1)
    expect(forest.score(Uint8Array.of(20, 0, 1, 3, 1))).toBeLessThan(-1)
    expect(forest.score(Uint8Array.of(0, 20, 1, 3, 1))).toBeLessThan(-1)
  })

  it('is the same for the same cases', () => {
    const one = learnBoth(128, 300)
    const other = learnBoth(128, 300)
    for (const [index, table] of one.tables.entries()) expect(table).toEqual(other.tables[index])
  })
})
