import { createRiskModel, ProvenanceTracker } from 'countersign/learning'
import { describe, expect, it } from 'vitest'

const deep = (levels: number): unknown => {
  let value: unknown = 'bottom'
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { value } : [value]
  return value
}
const circle: { self?: unknown } = {}
circle.self = circle

const inputs: readonly (readonly [string, unknown])[] = [
  ['deep', deep(20_000)],
  ['a circle', circle],
  ['wide', Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key_${index}`, index]))],
  ['a long list', Array.from({ length: 200_000 }, (_, index) => index)],
  ['a huge text', { text: 'lorem ipsum '.repeat(500_000) }],
  ['odd letters', { text: '\u0000\uD800 \uDFFF\u202E ｆｕｌｌ 👩‍👩‍👧', '👾': '‮' }],
  ['keys of prototypes', { ['__proto__']: { a: 1 }, constructor: { prototype: 1 }, toString: 'x', hasOwnProperty: 0 }],
  ['odd numbers', { a: Number.NaN, b: Infinity, c: -0, d: 1e308, e: -1e-308 }],
  ['what JSON does not know', { a: 1n, b: Symbol('x'), c: () => 1, d: undefined, e: new Date(0) }],
  ['nothing', undefined],
]

describe('hostile input', () => {
  for (const [name, input] of inputs) {
    it(`is looked at within bounds: ${name}`, () => {
      const model = createRiskModel()
      const startedAt = performance.now()
      for (let time = 0; time < 20; time++) {
        const { risk, features } = model.predict({
          tool: name,
          trajectoryId: '__proto__',
          input,
          context: 'word '.repeat(100_000),
          provenance: { ['__proto__']: 'user', text: 'tool:__proto__', constructor: 'nobody' },
        })
        expect(risk).toBeGreaterThan(0)
        expect(risk).toBeLessThan(1)
        expect(features.view.sparse.length).toBeLessThanOrEqual(320)
        model.observe(features)
        model.reportError(features, true)
        model.learn(features, { isBad: true, id: `not a uuid ${time}`, source: '__proto__' })
      }
      expect(model.precedents({ tool: name, input }).length).toBeGreaterThan(0)
      expect(performance.now() - startedAt).toBeLessThan(5000)
      expect(Object.keys({})).toEqual([])
    })

    it(`is told apart within bounds: ${name}`, () => {
      const tracker = new ProvenanceTracker()
      tracker.userSaid('hello '.repeat(1000))
      tracker.toolReturned('__proto__', input)
      expect(() => tracker.provenanceOf(input)).not.toThrow()
    })
  }
})
