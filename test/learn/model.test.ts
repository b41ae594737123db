import { createRiskModel, type RiskCase } from 'countersign/learning'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { payment, teach } from './support.js'

const calls = fc.record({
  tool: fc.constantFrom('send_money', 'read_file', 'delete_file', '__proto__'),
  actor: fc.constantFrom('a', 'b', undefined),
  trajectoryId: fc.constantFrom('one', 'two', undefined),
  context: fc.option(fc.string(), { nil: undefined }),
  input: fc.jsonValue(),
})
const labelled = fc.array(fc.tuple(calls, fc.boolean(), fc.boolean()), { maxLength: 30 })

const risks = (history: readonly (readonly [RiskCase, boolean, boolean])[]): number[] => {
  const model = createRiskModel()
  return history.flatMap(([call, isBad, failed]) => {
    const { risk, errorRisk, features } = model.predict(call)
    model.observe(features)
    model.reportError(features, failed)
    model.learn(features, { isBad })
    return [risk, errorRisk]
  })
}

describe('the risk model', () => {
  it('gives a probability over 0 and under 1, whatever comes', () => {
    fc.assert(
      fc.property(labelled, history => {
        for (const risk of risks(history)) {
          expect(risk).toBeGreaterThan(0)
          expect(risk).toBeLessThan(1)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('gives the same numbers for the same cases in the same order', () => {
    fc.assert(
      fc.property(labelled, history => {
        expect(risks(history)).toEqual(risks(history))
      }),
      { numRuns: 15 },
    )
  })

  it('predicts the same after its state was exported and imported', () => {
    const model = createRiskModel()
    teach(model, 300)
    const copy = createRiskModel()
    expect(copy.import(structuredClone(model.export()))).toBe(true)
    for (const to of ['thief', 'friend_1', 'stranger']) {
      const { risk, errorRisk, parts } = copy.predict(payment(to, 12))
      const original = model.predict(payment(to, 12))
      expect([risk, errorRisk, parts]).toEqual([original.risk, original.errorRisk, original.parts])
      expect(copy.precedents(payment(to, 12))).toEqual(model.precedents(payment(to, 12)))
    }
  })

  it('takes over no state of another shape, and changes nothing then', () => {
    const model = createRiskModel()
    teach(model, 50)
    const { risk } = model.predict(payment('thief', 12))
    const state = model.export()
    expect(model.import({ ...state, version: 0 })).toBe(false)
    expect(model.import({ ...state, tables: state.tables.slice(1) })).toBe(false)
    expect(model.predict(payment('thief', 12)).risk).toBe(risk)
  })

  it('says one in four of whatever comes first, and of others until a label is there', () => {
    const model = createRiskModel()
    for (let index = 0; index < 50; index++) {
      const { risk, features } = model.predict(payment(`shop ${index}`, index))
      expect(risk).toBeCloseTo(0.25)
      model.observe(features)
    }
  })

  it('moves the risk of the very same call towards the label it learns', () => {
    fc.assert(
      fc.property(calls, fc.boolean(), fc.nat(60), (call, isBad, before) => {
        const model = createRiskModel()
        teach(model, before)
        const alone = { ...call, trajectoryId: undefined }
        const first = model.predict(alone)
        model.learn(first.features, { isBad })
        const { risk } = model.predict(alone)
        if (isBad) expect(risk).toBeGreaterThanOrEqual(first.risk)
        else expect(risk).toBeLessThanOrEqual(first.risk)
      }),
      { numRuns: 40 },
    )
  })

  it('tells an account that was bad from one that was not, and says what it stands on', () => {
    const model = createRiskModel()
    teach(model, 200)
    const thief = model.predict(payment('thief', 13))
    const friend = model.predict(payment('friend_1', 11))
    expect(thief.risk).toBeGreaterThan(0.7)
    expect(friend.risk).toBeLessThan(0.2)
    expect(thief.evidence.tool).toBeGreaterThan(100)
    expect(model.predict({ tool: 'unheard_of', input: { of: 'nothing' } }).evidence).toEqual({
      exact: 0,
      nearly: 0,
      tool: 0,
      familiar: 0,
    })
  })

  it('does not take a tool error for a bad decision', () => {
    const model = createRiskModel()
    for (let time = 0; time < 100; time++) {
      const { features } = model.predict(payment('shop', 5))
      model.reportError(features, true)
      model.learn(features, { isBad: false })
    }
    const { risk, errorRisk } = model.predict(payment('shop', 5))
    expect(errorRisk).toBeGreaterThan(0.8)
    expect(risk).toBeLessThan(0.1)
  })

  it('follows a world that changes', () => {
    const model = createRiskModel()
    const learn = (isBad: boolean): void => {
      for (let time = 0; time < 300; time++) model.learn(model.predict(payment('shop', 5)).features, { isBad })
    }
    learn(false)
    expect(model.predict(payment('shop', 5)).risk).toBeLessThan(0.1)
    learn(true)
    expect(model.predict(payment('shop', 5)).risk).toBeGreaterThan(0.8)
  })

  it('learns a correction against the label that was wrong', () => {
    const model = createRiskModel()
    teach(model, 60)
    const { features } = model.predict(payment('shop', 5))
    const weight = model.learn(features, { isBad: true, id: 'shop' })
    const wrong = model.predict(payment('shop', 5)).risk
    model.correct(features, { isBad: false, id: 'shop' }, { isBad: true, weight })
    expect(model.predict(payment('shop', 5)).risk).toBeLessThan(wrong)
    expect(model.precedents(payment('shop', 5), 1)).toMatchObject([{ id: 'shop', isBad: false }])
  })

  it('counts a reviewed case by the inverse of its chance to be reviewed', () => {
    const [once, often] = [createRiskModel(), createRiskModel()]
    for (const [model, weight] of [
      [once, 1],
      [often, 20],
    ] as const) {
      teach(model, 30)
      model.learn(model.predict(payment('shop', 5)).features, { isBad: true, weight })
    }
    expect(often.predict(payment('shop', 5)).risk).toBeGreaterThan(once.predict(payment('shop', 5)).risk)
  })

  it('predicts without being changed by it', () => {
    const model = createRiskModel()
    teach(model, 40)
    const { risk } = model.predict(payment('thief', 5, { trajectoryId: 'run', context: 'pay the thief' }))
    for (let time = 0; time < 5; time++) model.predict(payment('other', time, { trajectoryId: 'run', context: 'pay' }))
    expect(model.predict(payment('thief', 5, { trajectoryId: 'run', context: 'pay the thief' })).risk).toBe(risk)
  })

  it('sees a run by its own calls only: those of others change nothing in its history', () => {
    const lonely = createRiskModel()
    const crowded = createRiskModel()
    const made = (model: typeof lonely, trajectoryId: string): void => {
      model.observe(model.predict(payment('friend', 5, { trajectoryId })).features)
    }
    made(lonely, 'one')
    made(crowded, 'two')
    made(crowded, 'one')
    made(crowded, 'three')
    const call = payment('friend', 5, { trajectoryId: 'one' })
    expect(crowded.predict(call).risk).toBe(lonely.predict(call).risk)
  })
})
