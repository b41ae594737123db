import { createRiskModel } from 'countersign/learning'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Guard } from '../../src/learn/guard.js'
import { payment, teach } from './support.js'

describe('the guard against one source that teaches too much', () => {
  it('lets n labels of one call from one source weigh at most 1 + ln n', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.boolean(), (times, isBad) => {
        const guard = new Guard()
        let weight = 0
        for (let time = 0; time < times; time++) weight += guard.weigh('one', 7, isBad, 1)
        expect(weight).toBeLessThanOrEqual(1 + Math.log(times) + 1e-9)
      }),
      { numRuns: 30 },
    )
  })

  it('lets one source have no more than a quarter of what is said, where others speak, too', () => {
    const guard = new Guard()
    for (let call = 0; call < 100; call++) guard.weigh('other', call, false, 1)
    let weight = 0
    for (let call = 0; call < 1000; call++) weight += guard.weigh('loud', 1000 + call, false, 1)
    expect(weight).toBeLessThan(500)
  })

  it('trusts labels that the caller vouches for', () => {
    const guard = new Guard()
    for (let time = 0; time < 100; time++) expect(guard.weigh(undefined, 1, true, 3)).toBe(3)
  })

  it('keeps a burst of praise for one bad account from clearing it', () => {
    const model = createRiskModel()
    teach(model, 200)
    for (let time = 0; time < 20; time++)
      model.learn(model.predict(payment('thief', 666)).features, { isBad: false, source: 'accomplice' })
    expect(model.predict(payment('thief', 13)).risk).toBeGreaterThan(0.3)
  })
})
