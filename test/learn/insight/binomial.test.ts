import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atMost, lowerBound, upperBound } from '../../../src/learn/insight/binomial.js'
import { meanDifference, shareDifference } from '../../../src/learn/insight/intervals.js'
import { runs } from '../../support/governing.js'

/** By summing up: exact for small numbers. */
function summed(k: number, n: number, p: number): number {
  let [total, choose] = [0, 1]
  for (let i = 0; i <= k; i++) {
    total += choose * p ** i * (1 - p) ** (n - i)
    choose = (choose * (n - i)) / (i + 1)
  }
  return total
}

describe('binomial probabilities', () => {
  it('are those that summing up gives', () => {
    const cases = fc
      .integer({ min: 1, max: 60 })
      .chain(n =>
        fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n), fc.double({ min: 0.001, max: 0.999, noNaN: true })),
      )
    fc.assert(
      fc.property(cases, ([k, n, p]) => {
        expect(atMost(k, n, p)).toBeCloseTo(summed(k, n, p), 10)
      }),
      runs(300),
    )
    expect([atMost(-1, 5, 0.5), atMost(5, 5, 0.5), atMost(0, 5, 0), atMost(0, 5, 1)]).toEqual([0, 1, 1, 0])
  })

  it('have the bounds of the tables', () => {
    // Without a success there is a closed form; the "rule of three" is its approximation.
    for (const n of [1, 10, 59, 300, 100_000]) expect(upperBound(0, n)).toBeCloseTo(1 - 0.05 ** (1 / n), 10)
    expect(upperBound(0, 59)).toBeLessThan(0.05)
    expect(upperBound(0, 58)).toBeGreaterThan(0.05)
    // 5 of 10 at 95 % on two sides, and 1 of 10 on one side.
    expect(lowerBound(5, 10, 0.975)).toBeCloseTo(0.1871, 4)
    expect(upperBound(5, 10, 0.975)).toBeCloseTo(0.8129, 4)
    expect(upperBound(1, 10)).toBeCloseTo(0.3942, 4)
    expect(upperBound(10, 100, 0.975)).toBeCloseTo(0.1762, 4)
    expect(lowerBound(10, 100, 0.975)).toBeCloseTo(0.049, 4)
    expect([upperBound(0, 0), lowerBound(0, 0), upperBound(3, 3), lowerBound(0, 3)]).toEqual([1, 0, 1, 0])
  })

  it('bound what was seen, ever closer the more was seen, for a million cases too', () => {
    const cases = fc
      .integer({ min: 1, max: 1_000_000 })
      .chain(n => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)))
    fc.assert(
      fc.property(cases, ([k, n]) => {
        const [low, high] = [lowerBound(k, n), upperBound(k, n)]
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(k / n)
        expect(high).toBeGreaterThanOrEqual(k / n)
        if (k < n) expect(atMost(k, n, high)).toBeLessThanOrEqual(0.05 + 1e-6)
      }),
      runs(100),
    )
    expect(upperBound(500_000, 1_000_000)).toBeCloseTo(0.5 + 1.6449 * 0.0005, 5)
  })
})

describe('differences', () => {
  it('of shares are those of Newcombe (1998), table II', () => {
    const near = ([a, n]: number[], [b, m]: number[]): number[] => {
      const { low, high } = shareDifference({ count: a ?? 0, n: n ?? 0 }, { count: b ?? 0, n: m ?? 0 })
      return [low, high].map(end => Math.round(end * 1e4) / 1e4)
    }
    expect(near([56, 70], [48, 80])).toEqual([0.0524, 0.3339])
    expect(near([9, 10], [3, 10])).toEqual([0.1705, 0.809])
    expect(near([10, 10], [0, 20])).toEqual([0.6791, 1])
    expect(near([5, 56], [0, 29])).toEqual([-0.0381, 0.1926])
  })

  it('of means lie around the difference, as wide as both spread', () => {
    const { low, high } = meanDifference({ mean: 3, variance: 4, n: 100 }, { mean: 1, variance: 9, n: 900 })
    expect([low, high].map(end => Math.round(end * 1e4) / 1e4)).toEqual([1.5617, 2.4383])
  })
})
