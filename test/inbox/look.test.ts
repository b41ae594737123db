import { type Approval, createGovernor, memoryStore } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchesOf } from '../../adapters/server/inbox/look/batches.js'
import { editedAsJson, editedByField, fieldName, fieldsOf } from '../../adapters/server/inbox/look/edited.js'
import { progressOf } from '../../adapters/server/inbox/look/progress.js'
import { rowsOf } from '../../adapters/server/inbox/look/rows.js'
import { warningsOf } from '../../adapters/server/inbox/look/warnings.js'
import { plainly } from '../../adapters/server/inbox/pages/shown.js'
import { spanOf } from '../../adapters/server/inbox/pages/time.js'
import { riskCoverage } from '../../adapters/server/inbox/pictures/reliability.js'

const held = async (calls: readonly (readonly [name: string, input: unknown])[], options = {}): Promise<Approval[]> => {
  await using governor = createGovernor({ store: memoryStore(), ...options })
  for (const [index, [name, input]] of calls.entries()) await governor.run({ id: `${index}`, name, input }, () => 1)
  return [...(await governor.approvals.list())].toReversed()
}

describe('an input as rows', () => {
  it('looks at no more of an input than can be told, however large it is', () => {
    let looks = 0
    const fields = Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`field_${index}`, index]))
    const input = new Proxy(fields, {
      get: (target, key) => {
        looks++
        return Reflect.get(target, key) as unknown
      },
    })
    const { rows, leftOut } = rowsOf(input)
    expect(rows).toHaveLength(200)
    expect(leftOut).toBe(4800)
    expect(looks).toBe(5000)
    expect(rowsOf(input)).toEqual({ rows, leftOut })
    expect(looks).toBe(5000)
  })

  it('has one for each value, with where it stands', () => {
    const { rows } = rowsOf({ order: '1', lines: [{ amount: 2.5 }, { amount: null }], done: true, none: {} })
    expect(rows.map(({ path, kind, text }) => [path, kind, text])).toEqual([
      ['order', 'text', '1'],
      ['lines.0.amount', 'number', '2.5'],
      ['lines.1.amount', 'null', 'null'],
      ['done', 'boolean', 'true'],
      ['none', 'empty', '{}'],
    ])
    expect(rowsOf('just a text').rows).toEqual([{ path: '', keys: [], kind: 'text', text: 'just a text' }])
  })

  it('says how many it leaves out, and loses none otherwise', () => {
    fc.assert(
      fc.property(fc.jsonValue(), input => {
        const { rows, leftOut } = rowsOf(input, 5)
        expect(rows.length).toBeLessThanOrEqual(5)
        expect(rows.length + leftOut).toBe(rowsOf(input, Infinity).rows.length)
      }),
    )
  })
})

describe('an edit by fields', () => {
  const flat = fc.dictionary(
    fc.string().filter(key => !key.startsWith('$')),
    fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    { minKeys: 1, maxKeys: 10 },
  )

  it('changes nothing where the form comes back as it was shown', () => {
    fc.assert(
      fc.property(flat, input => {
        const texts = fieldsOf(input).map(({ text }) => text.replaceAll(/\r\n|\r|\n/g, '\r\n'))
        const edited = editedByField(input, name => texts[Number(name.slice(fieldName(0).length - 1))])
        // A lone carriage return does not come back from a form; all else does.
        fc.pre(!JSON.stringify(input).includes('\\r'))
        expect(edited).toEqual({ input })
      }),
    )
  })

  it('changes the value whose field was changed, in its own kind', () => {
    const input = { 'a.b': 'x', a: { b: 1, list: ['p', 'q'] }, sure: true }
    const said = { [fieldName(1)]: ' 12.5 ', [fieldName(3)]: 'r', [fieldName(4)]: 'false' }
    expect(editedByField(input, name => said[name])).toEqual({
      input: { 'a.b': 'x', a: { b: 12.5, list: ['p', 'r'] }, sure: false },
    })
    expect(input.a.b).toBe(1)
  })

  it('says which value is not of its kind', () => {
    const of = (text: string) => editedByField({ amount: 5 }, () => text)
    expect(of('five')).toEqual({ problem: 'expected a number, such as 12.5', path: 'amount' })
    expect(of('"5"')).toMatchObject({ path: 'amount' })
    expect(of('1e999')).toMatchObject({ path: 'amount' })
    expect(editedByField({ sure: true }, () => 'maybe')).toMatchObject({ path: 'sure' })
  })

  it('is not offered for what is no set of plain values', () => {
    expect(fieldsOf('text')).toEqual([])
    expect(fieldsOf({ list: [] })).toEqual([])
    expect(fieldsOf({ at: { $date: '2026-01-01T00:00:00.000Z' } })).toEqual([])
    expect(fieldsOf(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, index])))).toEqual([])
  })

  it('says where JSON is none', () => {
    expect(editedAsJson('{"a":')).toMatchObject({ path: '', problem: expect.stringContaining('not JSON') })
    expect(editedAsJson('{"__proto__":1}')).toEqual({ input: JSON.parse('{"__proto__":1}') })
  })
})

describe('requests that are alike', () => {
  it('stand together with their differences, where the first of them stands', async () => {
    const approvals = await held([
      ['refund', { order: '1', amount: 10, why: 'lost' }],
      ['mail', { to: 'ada' }],
      ['refund', { order: '2', amount: 10, why: 'lost' }],
    ])
    const [first, second, ...rest] = batchesOf(approvals)
    expect(rest).toEqual([])
    expect(second).toEqual({ approval: approvals[1] })
    expect(first).toMatchObject({
      batch: {
        same: [{ path: 'amount' }, { path: 'why' }],
        different: [{ path: 'order', values: [{ text: '1' }, { text: '2' }] }],
      },
    })
  })

  it('are not put together where they say different things, or act for another', async () => {
    const approvals = await held([
      ['refund', { order: '1' }],
      ['refund', { order: '2', note: 'x' }],
      ['refund', ['1']],
    ])
    expect(batchesOf(approvals)).toHaveLength(3)
    const [a, b] = await held([
      ['refund', { order: '1' }],
      ['refund', { order: '2' }],
    ])
    expect(batchesOf([a, { ...b, actor: 'another' }] as Approval[])).toHaveLength(2)
    expect(batchesOf([a, b] as Approval[])).toHaveLength(1)
  })

  it('are all there, each once', () => {
    const approval = fc.record({
      name: fc.constantFrom('a', 'b'),
      input: fc.dictionary(fc.constantFrom('x', 'y'), fc.nat(3)),
    })
    return fc.assert(
      fc.asyncProperty(fc.array(approval, { maxLength: 8 }), async calls => {
        const approvals = await held(calls.map(({ name, input }) => [name, input] as const))
        const listed = batchesOf(approvals).flatMap(item => ('batch' in item ? item.batch.approvals : [item.approval]))
        expect(listed.map(({ id }) => id).toSorted()).toEqual(approvals.map(({ id }) => id).toSorted())
      }),
      { numRuns: 30 },
    )
  })
})

describe('what is to be known before a card is believed', () => {
  it('names the kind and the places', async () => {
    const [approval] = await held([['refund', { to: 'pаul', note: `x\u200b${'y'.repeat(500)}`, 'k\u202ey': 1 }]])
    expect(warningsOf(approval as Approval)).toEqual([
      { kind: 'look-alike', places: ['input.to'] },
      { kind: 'invisible', places: ['input.note'] },
      { kind: 'cut', places: ['input.note'] },
      { kind: 'direction', places: ['the name of input.k\u202ey'] },
    ])
  })

  it('is nothing where nothing is wrong', async () => {
    const [approval] = await held([['refund', { order: '1', amount: 2 }]])
    expect(warningsOf(approval as Approval)).toEqual([])
  })
})

describe('how far a request has come', () => {
  it('is the people who approved, of those who must, in its round', async () => {
    await using governor = createGovernor({
      store: memoryStore(),
      approvals: { stages: [{ quorum: 2 }, { approvers: ['cfo'] }] },
    })
    await governor.run({ id: '1', name: 'refund', input: {} }, () => 1)
    const id = (await governor.approvals.list())[0]?.id ?? ''
    const after = async (by: string) => progressOf(await governor.approvals.resolve(id, { resolution: 'approved', by }))
    expect(await after('ann')).toEqual({ stage: 1, stages: 2, approved: ['ann'], quorum: 2 })
    expect(await after('bob')).toEqual({ stage: 2, stages: 2, approved: [], quorum: 1, approvers: ['cfo'] })
    expect(await after('cfo')).toMatchObject({ stage: 2, approved: ['cfo'] })
  })
})

describe('what is drawn and written', () => {
  it('risk against coverage ends with all calls, at the base rate', () => {
    const bin = fc.record({
      n: fc.integer({ min: 1, max: 50 }),
      meanRisk: fc.double({ min: 0, max: 1, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(bin, { minLength: 1, maxLength: 20 }), raw => {
        const bins = raw.map(({ n, meanRisk, share }) => ({ n, meanRisk, bad: Math.floor(n * share) }))
        const points = riskCoverage({ bins } as never)
        const [coverage, error] = points.at(-1) ?? []
        const total = bins.reduce((sum, { n }) => sum + n, 0)
        expect(coverage).toBeCloseTo(1)
        expect(error).toBeCloseTo(bins.reduce((sum, { bad }) => sum + bad, 0) / total)
        expect(points.map(([x]) => x)).toEqual(points.map(([x]) => x).toSorted((a, b) => a - b))
      }),
    )
  })

  it('spans are in the words people use', () => {
    expect([500, 59_000, 61_000, 3_600_000, 7_500_000, -1].map(spanOf)).toEqual([
      '1 s',
      '59 s',
      '1 min',
      '1 h',
      '2 h 5 min',
      '0 s',
    ])
  })

  it('titles have nothing that cannot be seen', () => {
    expect(plainly('a\u202eb\u200bc\u00a0d👍')).toBe('a\u{fffd}b\u{fffd}c\u{fffd}d👍')
  })
})
