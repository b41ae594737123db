import { describe, expect, it } from 'vitest'
import { createRiskModel, type RiskModel } from '../../src/learn/model.js'
import { stateFromBytes, stateToBytes } from '../../src/learn/state-bytes.js'

const call = (index: number): { tool: string; input: object } => ({
  tool: `tool_${index % 3}`,
  input: { to: `account_${index % 7}`, amount: index },
})

const taught = (): RiskModel => {
  const model = createRiskModel()
  for (let index = 0; index < 60; index++)
    model.learn(model.predict(call(index)).features, { isBad: index % 7 === 0, id: `case-${index}` })
  return model
}

const risks = (model: RiskModel): readonly number[] =>
  Array.from({ length: 20 }, (_, index) => model.predict(call(index)).risk)

describe('what a model learnt, as bytes', () => {
  it('is taken up by another, wherever in memory the bytes lie, and neither shares anything with them', () => {
    const model = taught()
    const bytes = stateToBytes(model.export(), { more: 1 })
    for (const offset of [0, 8, 3]) {
      const elsewhere = new Uint8Array(bytes.length + offset)
      elsewhere.set(bytes, offset)
      const state = stateFromBytes(elsewhere.subarray(offset))
      const other = createRiskModel()
      expect(state?.extra).toEqual({ more: 1 })
      expect(state !== undefined && other.import(state)).toBe(true)
      elsewhere.fill(0)
      expect(risks(other)).toEqual(risks(model))
      expect(other.precedents(call(59)).map(({ id }) => id)).toEqual(model.precedents(call(59)).map(({ id }) => id))
    }
  })

  it('is nothing where bytes are missing or are something else', () => {
    const bytes = stateToBytes(taught().export())
    for (const other of [new Uint8Array(0), new Uint8Array(64), bytes.subarray(0, 1000), bytes.subarray(0, -8)])
      expect(stateFromBytes(other)).toBeUndefined()
  })
})
