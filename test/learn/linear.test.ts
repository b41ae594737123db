import { describe, expect, it } from 'vitest'
import { Blend } from '../../src/learn/blend.js'
import { type Columns, columnsOf } from '../../src/learn/columns.js'
import { Commonness } from '../../src/learn/commonness.js'
import { Ftrl, FTRL_WIDTH } from '../../src/learn/ftrl.js'
import { probability } from '../../src/learn/logistic.js'
import { Ridge, RIDGE_WIDTH } from '../../src/learn/ridge.js'

const ones = [1, 1]
const [counts, linear, weights] = columnsOf(8, [1, FTRL_WIDTH, RIDGE_WIDTH]) as [Columns, Columns, Columns]

describe('the linear learners', () => {
  for (const [name, learner] of [
    ['FTRL', new Ftrl(linear, { alpha: 0.1, beta: 1, l1: 0.02, l2: 1 })],
    ['a ridge', new Ridge(weights, { variance: 0.1, width: 2, again: [4, 2] })],
  ] as const) {
    it(`know nothing at first, and then which feature is bad: ${name}`, () => {
      expect(learner.score([1, 2], ones)).toBe(0)
      for (let time = 0; time < 200; time++) {
        learner.learn([1, 2], ones, true, 1, 0)
        learner.learn([1, 3], ones, false, 1, 0)
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

describe('a ridge', () => {
  const cases = Array.from({ length: 60 }, (_, index) => ({
    features: [0, 1 + (index % 3), 4 + (index % 5)],
    isBad: (index * 7) % 11 < 4 || index % 5 === 2,
  }))
  const scales = [1, 1, 0.5]
  const variance = 0.5
  const fitted = (again: number): { ridge: Ridge; weights: Columns } => {
    const [own] = columnsOf(4, [RIDGE_WIDTH]) as [Columns]
    const ridge = new Ridge(own, { variance, width: 3, again: [again, again] })
    for (const { features, isBad } of cases) ridge.learn(features, scales, isBad, 1, 0)
    return { ridge, weights: own }
  }
  /** How far the weights are from where the penalised likelihood of all cases is highest: there, each is what its cases leave unexplained. */
  const distance = ({ ridge, weights }: ReturnType<typeof fitted>): number => {
    const wanted = new Float64Array(16)
    for (const { features, isBad } of cases)
      for (const [index, feature] of features.entries()) {
        const rest = (isBad ? 1 : 0) - probability(ridge.score(features, scales))
        wanted[feature] = (wanted[feature] ?? 0) + variance * (scales[index] ?? 0) * rest
      }
    return Math.max(...wanted.map((weight, feature) => Math.abs(weight - (weights.cells[feature] ?? 0))))
  }

  it('goes to the weights of a fit to all cases at once, however often it goes over them', () => {
    expect(distance(fitted(400))).toBeLessThan(0.01)
    expect(distance(fitted(400))).toBeLessThan(distance(fitted(1)) / 10)
  })

  it('learns from a case of weight 2 what it learns from two', () => {
    const [one, other] = [1, 2].map(weight => {
      const [own] = columnsOf(4, [RIDGE_WIDTH]) as [Columns]
      const ridge = new Ridge(own, { variance, width: 3, again: [50, 50] })
      for (let time = 0; time < 4 / weight; time++) ridge.learn([0, 1, 2], scales, true, weight, 0)
      return ridge.score([0, 1, 2], scales)
    }) as [number, number]
    expect(one).toBeCloseTo(other, 3)
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
