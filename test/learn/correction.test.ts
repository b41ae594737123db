import { describe, expect, it } from 'vitest'
import { Correction } from '../../src/learn/correction.js'
import { probability } from '../../src/learn/logistic.js'
import { chance } from './insight/support.js'

/** Teaches `amount` cases whose log odds are twice what they should be; how far off the last half was, plain and corrected. */
function tooSure(correction: Correction, amount: number): { readonly plain: number; readonly corrected: number } {
  const random = chance(7)
  const off = { plain: 0, corrected: 0 }
  for (let index = 0; index < amount; index++) {
    const logOdds = random() * 8 - 4
    const truth = probability(logOdds / 2)
    if (index >= amount / 2) {
      off.plain += Math.abs(probability(logOdds) - truth)
      off.corrected += Math.abs(probability(logOdds + correction.of(logOdds)) - truth)
    }
    correction.learn(logOdds, random() < truth, 1)
  }
  return off
}

describe('the correction of log odds', () => {
  it('leaves them as they are before any case', () => {
    const correction = new Correction()
    expect([-9, -2.5, 0, 3, 9].map(logOdds => correction.of(logOdds))).toEqual([0, 0, 0, 0, 0])
  })

  it('takes back what was too sure, once there are cases enough', () => {
    const { plain, corrected } = tooSure(new Correction(), 20_000)
    expect(corrected).toBeLessThan(plain / 3)
  })

  it('hardly touches the order of few cases', () => {
    const correction = new Correction()
    tooSure(correction, 100)
    for (const logOdds of [-3, -1, 0, 1, 3]) expect(Math.abs(correction.of(logOdds))).toBeLessThan(0.1)
  })

  it('moves what is near, and nothing that is far', () => {
    const correction = new Correction()
    for (let index = 0; index < 5000; index++) correction.learn(2, false, 1)
    expect(correction.of(2)).toBeLessThan(-1)
    expect(correction.of(-2)).toBe(0)
    expect(correction.of(9)).toBe(0)
  })
})
