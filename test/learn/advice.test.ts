import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { confidenceOf, DEFAULT_COSTS, projectedRegret, recommend } from '../../src/learn/advice.js'

const evidence = (exact: number) => ({ exact, nearly: 0, tool: 0, familiar: 0 })
const many = evidence(10_000)
const ORDER = ['proceed', 'proceed_with_caution', 'review_recommended', 'do_not_proceed']

describe('advice', () => {
  it('is what costs least on average', () => {
    expect(recommend(0.01, many, DEFAULT_COSTS)).toBe('proceed')
    expect(recommend(0.04, evidence(2), DEFAULT_COSTS)).toBe('proceed_with_caution')
    // A wrong allow costs 20 questions: from a risk of 5 % on, asking is cheaper.
    expect(recommend(0.06, many, DEFAULT_COSTS)).toBe('review_recommended')
    // Refusing a good call costs 5: from 80 % on, refusing is cheaper than asking.
    expect(recommend(0.81, many, DEFAULT_COSTS)).toBe('do_not_proceed')
  })

  it('is never laxer for a higher risk, whatever things cost', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const cost = fc.double({ min: 0.1, max: 100, noNaN: true })
    fc.assert(
      fc.property(share, share, cost, cost, (a, b, error, refusal) => {
        const [low, high] = [a, b].map(risk => ORDER.indexOf(recommend(risk, evidence(1e9), { error, refusal })))
        if (a <= b) expect(low).toBeLessThanOrEqual(high ?? 0)
      }),
    )
  })

  it('never costs more than asking, and nothing where nothing is in doubt', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), risk => {
        const regret = projectedRegret(risk, DEFAULT_COSTS)
        expect(regret).toBeGreaterThanOrEqual(0)
        expect(regret).toBeLessThanOrEqual(1)
      }),
    )
    expect(projectedRegret(0, DEFAULT_COSTS)).toBe(0)
    expect(projectedRegret(1, DEFAULT_COSTS)).toBe(0)
  })

  it('is the surer, the more cases speak of the call', () => {
    expect([0, 20, 1000].map(cases => confidenceOf(0.1, evidence(cases)))).toEqual(['low', 'medium', 'high'])
  })
})
