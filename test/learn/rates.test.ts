import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rates } from '../../src/learn/rates.js'

describe('rates per key', () => {
  it('count what they are given, and at most so many cases per key', () => {
    const rates = new Rates(8, 10)
    for (let time = 0; time < 5; time++) rates.add(7, true, 1)
    expect(rates.total(rates.find(7))).toBe(5)
    for (let time = 0; time < 100; time++) rates.add(7, false, 1)
    expect(rates.total(rates.find(7))).toBeCloseTo(10, 4)
    expect(rates.bad(rates.find(7))).toBeLessThan(0.01)
    expect(rates.find(8)).toBe(-1)
  })

  it('never say that more were bad than there were, whatever is added and taken back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(300), fc.boolean(), fc.integer({ min: -3, max: 30 }))), changes => {
        const rates = new Rates(6, 20)
        for (const [key, isBad, weight] of changes) rates.add(key, isBad, weight)
        for (const [key] of changes) {
          const at = rates.find(key)
          expect(rates.bad(at)).toBeGreaterThanOrEqual(0)
          expect(rates.bad(at)).toBeLessThanOrEqual(rates.total(at) + 1e-4)
          expect(rates.total(at)).toBeLessThanOrEqual(20.001)
        }
      }),
    )
  })
})
