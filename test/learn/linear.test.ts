import { describe, expect, it } from 'vitest'
import { Blend } from '../../src/learn/blend.js'
import { type Columns, columnsOf } from '../../src/learn/columns.js'
import { Commonness } from '../../src/learn/commonness.js'
import { Ftrl, FTRL_WIDTH } from '../../src/learn/ftrl.js'
import { Gaussian, GAUSSIAN_WIDTH } from '../../src/learn/gaussian.js'

const ones = [1, 1]
const [counts, linear, variances] = columnsOf(8, [1, FTRL_WIDTH, GAUSSIAN_WIDTH]) as [Columns, Columns, Columns]

describe('the linear learners', () => {
  for (const [name, learner] of [
    ['FTRL', new Ftrl(linear, { alpha: 0.1, beta: 1, l1: 0.02, l2: 1 })],
    ['with variances', new Gaussian(variances, { prior: 0.1, floor: 0.001 })],
  ] as const) {
    it(`know nothing at first, and then which feature is bad: ${name}`, () => {
      expect(learner.score([1, 2], ones)).toBe(0)
      for (let time = 0; time < 200; time++) {
        learner.learn([1, 2], ones, true, 1)
        learner.learn([1, 3], ones, false, 1)
      }
      expect(learner.score([1, 2], ones)).toBeGreaterThan(1)
      expect(learner.score([1, 3], ones)).toBeLessThan(-1)
    })
  }

  it('give a feature less of a say the more cases have it, and none when all have', () => {
    const common = new Commonness(counts)
    for (let time = 0; time < 10_000; time++) common.add([0, 1, time % 2 === 0 ? 2 : 3])
    const [constant, everywhere, often, never] = common.scales([0, 1, 2, 4])
    expect([constant, never]).toEqual([1, 1])
    expect(everywhere).toBeLessThan(0.05)
    expect(often).toBeCloseTo(Math.SQRT1_2, 2)
  })
})

describe('a blend', () => {
  const blend = (): Blend =>
    new Blend({
      initial: [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
      prior: 0.04,
      drift: 0,
    })

  it('begins with the weights it is given', () => {
    expect(blend().mix([2, -1], 0)).toBe(0.5)
  })

  it('comes to trust the input that is right, in the set of weights that learnt it', () => {
    const mixing = blend()
    for (let time = 0; time < 300; time++) {
      const isBad = time % 2 === 0
      mixing.learn([isBad ? 2 : -2, time % 3 === 0 ? 2 : -2], 0, isBad, 1, 0)
    }
    expect(mixing.mix([2, 0], 0)).toBeGreaterThan(1.2)
    expect(Math.abs(mixing.mix([0, 2], 0))).toBeLessThan(0.5)
    expect(mixing.mix([2, 0], 1)).toBe(1)
  })
})
