import { createRiskModel } from 'countersign/learning'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeView, encodeView } from '../../src/learn/stored-view.js'

const call = (input: unknown, trajectoryId?: string) => ({
  ...(trajectoryId === undefined ? {} : { trajectoryId }),
  tool: 'send_money',
  actor: 'agent',
  domain: 'bank',
  input,
  context: 'send 50 to ada',
})

describe('a view that is kept', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.option(fc.string(), { nil: undefined }), (input, run) => {
        const model = createRiskModel()
        const { view } = model.predict(call(input, run)).features
        const text = encodeView(view)
        const { scales: _, fieldScales: _fields, ideas: _ideas, ideaScales: _scales, ...stored } = view
        const back = decodeView(text, run)
        expect(back).toEqual({
          ...stored,
          lean: Math.fround(stored.lean),
          made: { ...stored.made, said: Math.round(stored.made.said * 1000) / 1000 },
        })
      }),
    )
  })

  it('teaches the same as the call itself', () => {
    const [one, other] = [createRiskModel(), createRiskModel()]
    for (let amount = 0; amount < 50; amount++) {
      const { features } = one.predict(call({ amount, to: amount % 2 === 0 ? 'ada' : 'eve' }))
      const kept = decodeView(encodeView(features.view), undefined)
      one.learn(one.recall(features.view), { isBad: amount % 2 === 1 })
      if (kept !== undefined) other.learn(other.recall(kept), { isBad: amount % 2 === 1 })
    }
    const risks = [one, other].map(model => model.predict(call({ amount: 7, to: 'eve' })).risk)
    expect(risks[0]).toBeCloseTo(risks[1] ?? 0, 3)
    expect(risks[0]).toBeGreaterThan(0.7)
  })

  it('is read without fields where it was kept before there were any', () => {
    const { view } = createRiskModel().predict(call({ amount: 5, to: 'ada' })).features
    const bytes = Buffer.from(encodeView({ ...view, fields: [] }), 'base64url')
    bytes[0] = 1
    const older = decodeView(bytes.subarray(0, -1).toString('base64url'), undefined)
    expect(older).toMatchObject({ sparse: view.sparse, fields: [] })
    const model = createRiskModel()
    if (older !== undefined) model.learn(model.recall(older), { isBad: true })
    expect(model.predict(call({ amount: 5, to: 'ada' })).evidence.exact).toBe(1)
  })

  it('is nothing where the text is not one, or was cut', () => {
    const text = encodeView(createRiskModel().predict(call({ amount: 5 })).features.view)
    for (const wrong of ['', '[erased]', 'AAAA', text.slice(0, -4), `${text}AAAA`, text.replace(/^./, 'C')])
      expect(decodeView(wrong, 'run')).toBeUndefined()
    fc.assert(
      fc.property(fc.base64String(), noise => {
        decodeView(noise, undefined)
      }),
    )
  })
})
