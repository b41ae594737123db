import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromWire, localName, OPAQUE, toWire, wireName } from '../../adapters/client/wire.js'

const camel = fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,12}$/)
const snake = fc.stringMatching(/^[a-z0-9_]{1,12}$/)
const documents = (name: fc.Arbitrary<string>): fc.Arbitrary<fc.JsonValue> =>
  fc.letrec<{ value: fc.JsonValue }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 1, 'some_text', 'someText'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(name, fc.constantFrom('context', '__proto__', 'constructor')), tie('value'), {
        maxKeys: 5,
      }),
    ) as fc.Arbitrary<fc.JsonValue>,
  })).value

describe('the codec', () => {
  it('gives back what it sent', () => {
    fc.assert(
      fc.property(documents(camel), document => {
        expect(fromWire(toWire(document))).toEqual(document)
      }),
    )
  })

  it('would send again what it received', () => {
    fc.assert(
      fc.property(documents(snake), document => {
        expect(toWire(fromWire(document))).toEqual(document)
      }),
    )
  })

  it('loses no field of an answer, whatever its name', () => {
    const count = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce<number>((sum, item) => sum + count(item), Object.keys(value).length)
        : 0
    fc.assert(
      fc.property(documents(fc.oneof(camel, snake, fc.string())), document => {
        expect(count(fromWire(document))).toBe(count(document))
      }),
    )
  })

  it.each([
    ['riskScore', 'risk_score'],
    ['timeToDetectS', 'time_to_detect_s'],
    ['snapshotIdA', 'snapshot_id_a'],
    ['blastRadiusP50', 'blast_radius_p50'],
    ['_resolvedAction', '_resolved_action'],
    ['id', 'id'],
  ])('knows %s as %s', (ours, theirs) => {
    expect(wireName(ours)).toBe(theirs)
    expect(localName(theirs)).toBe(ours)
  })

  it.each(['SUCCESS', 'TOOL_ERROR', 'max_3d', 'a__b', 'trailing_', 'with space_x', 'Title_case', '/max_value'])(
    'leaves %s as it is, as it would not come back',
    name => {
      expect(localName(name)).toBe(name)
    },
  )

  it('lets neither of two spellings take the other’s place', () => {
    expect(fromWire({ risk_score: 1, riskScore: 2 })).toEqual({ risk_score: 1, riskScore: 2 })
    expect(toWire({ riskScore: 2, risk_score: 1 })).toEqual({ risk_score: 1, riskScore: 2 })
  })

  it('looks into no field that holds the caller’s own data', () => {
    for (const name of OPAQUE) {
      const data = { inner_name: 1, innerName: 2 }
      expect(fromWire({ [name]: data })).toEqual({ [localName(name)]: data })
      expect(toWire({ [localName(name)]: data })).toEqual({ [name]: data })
    }
  })

  it('leaves dates to JSON, and drops what is undefined', () => {
    const at = new Date(0)
    expect(toWire({ createdAt: at, gone: undefined })).toEqual({ created_at: at })
  })

  it('is not exhausted by depth', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    expect(fromWire(deep)).toHaveLength(1)
  })

  it('takes no name for a prototype', () => {
    const answer = fromWire(JSON.parse('{"__proto__": {"is_admin": true}}')) as object
    expect('isAdmin' in answer).toBe(false)
    expect(Object.keys(answer)).toEqual(['__proto__'])
  })
})
