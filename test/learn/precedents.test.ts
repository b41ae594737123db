import { createRiskModel } from 'countersign/learning'
import { describe, expect, it } from 'vitest'
import { payment, teach } from './support.js'

const uuid = (index: number): string => `01919191-0000-7000-8000-${index.toString(16).padStart(12, '0')}`

describe('precedents', () => {
  it('are the decided cases most like a call, with outcome and reasons', () => {
    const model = createRiskModel()
    teach(model, 60)
    const found = model.precedents(payment('thief', 10), 3)
    expect(found).toHaveLength(3)
    expect(found[0]?.isBad).toBe(true)
    expect(found[0]?.reasons.some(({ of }) => of === 'to')).toBe(true)
    for (const { similarity, reasons } of found) {
      expect(similarity).toBeGreaterThan(0)
      expect(similarity).toBeLessThanOrEqual(1)
      expect(reasons.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(similarity, 5)
    }
    expect(found.map(({ similarity }) => similarity)).toEqual(
      found.map(({ similarity }) => similarity).toSorted((a, b) => b - a),
    )
  })

  it('of the very same call come first, as like as can be', () => {
    const model = createRiskModel()
    teach(model, 100)
    model.learn(model.predict(payment('the one', 777)).features, { isBad: true, id: uuid(1) })
    teach(model, 30)
    const [first] = model.precedents(payment('the one', 777))
    expect(first).toMatchObject({ id: uuid(1), isBad: true })
    expect(first?.similarity).toBeGreaterThan(0.9)
  })

  it('are none where nothing is alike', () => {
    const model = createRiskModel()
    expect(model.precedents(payment('anybody', 1))).toEqual([])
    teach(model, 10)
    expect(model.precedents({ tool: 'else', input: { other: 'thing' } })).toEqual([])
  })

  it('give way, oldest first, when there are more than may be kept', () => {
    const model = createRiskModel({ maxCases: 50 })
    for (let index = 0; index < 130; index++)
      model.learn(model.predict(payment(`account ${index}`, 5)).features, { isBad: false, id: uuid(index) })
    const ids = model.precedents(payment('account 3', 5), 200).map(({ id }) => id)
    expect(ids).toHaveLength(50)
    expect(ids).not.toContain(uuid(3))
    expect(model.precedents(payment('account 129', 5), 1)[0]?.id).toBe(uuid(129))
  })
})
