import { Ajv2020 } from 'ajv/dist/2020.js'
import { GovernanceError } from 'countersign'
import { functionTool, zodTool } from 'countersign/openai'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dropNulls } from '../../adapters/openai/schema/drop-nulls.js'
import { strictSchema } from '../../adapters/openai/schema/strict.js'
import { problemsOf } from '../../adapters/openai/schema/validate.js'
import { runs } from '../support/governing.js'

const names = fc.constantFrom('a', 'b', 'c')
const schemas = fc.letrec(tie => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'null') }),
    fc.record({ type: fc.constant('string'), minLength: fc.nat(3), maxLength: fc.integer({ min: 3, max: 5 }) }),
    fc.record({
      type: fc.constant('number'),
      minimum: fc.integer({ min: -3, max: 0 }),
      exclusiveMaximum: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({
      type: fc.constant('integer'),
      exclusiveMinimum: fc.constant(-2),
      maximum: fc.constant(3),
      multipleOf: fc.constantFrom(1, 2),
    }),
    fc.record({ enum: fc.uniqueArray(fc.constantFrom('x', 1, null, true), { minLength: 1 }) }),
    fc.record({ const: fc.constantFrom('x', 1, null) }),
    fc.record({
      type: fc.constant('array'),
      items: tie('any'),
      minItems: fc.nat(1),
      maxItems: fc.integer({ min: 1, max: 3 }),
      uniqueItems: fc.boolean(),
    }),
    fc.record({ type: fc.constant('array'), prefixItems: fc.array(tie('any'), { minLength: 1, maxLength: 2 }) }),
    tie('object'),
    fc.record({ anyOf: fc.array(tie('any'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ oneOf: fc.array(tie('any'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ allOf: fc.array(tie('any'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ not: tie('any') }),
    fc.constant({ $ref: '#/$defs/leaf' }),
  ),
  object: fc.record(
    {
      type: fc.constant('object'),
      properties: fc.dictionary(names, tie('any'), { maxKeys: 3 }),
      required: fc.uniqueArray(names, { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), fc.constant({ type: 'string' })),
    },
    { requiredKeys: ['type'] },
  ),
})).any as fc.Arbitrary<Record<string, unknown>>
const values = fc.letrec(tie => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 'x', '', 'xyz', 'long text', 0, 1, 2, -3, 1.5),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('any'), { maxKeys: 3 }),
  ),
})).any

describe('our checker of JSON Schema', () => {
  it('says the same as a full implementation, of the keywords that it knows', () => {
    fc.assert(
      fc.property(schemas, values, (schema, value) => {
        const whole = { ...schema, $defs: { leaf: { type: 'string' } } }
        const validate = new Ajv2020({ strict: false, allErrors: false }).compile(whole)
        expect(problemsOf(whole, value).length === 0, JSON.stringify({ whole, value })).toBe(validate(value))
      }),
      runs(600),
    )
  })

  it('ends with a schema that refers to itself, and says what is too deep', () => {
    const list = { type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false }
    expect(problemsOf(list, { next: { next: {} } })).toEqual([])
    expect(problemsOf(list, { next: { next: { other: 1 } } })).toEqual(['next.next.other: is not known'])
    const endless = { $ref: '#' }
    expect(problemsOf(endless, 1)).toEqual(['the input: nested too deep'])
  })
})

describe('a strict schema', () => {
  it('makes what may be left out nullable, wherever it is, and keeps descriptions', () => {
    const schema = {
      $schema: 'x',
      type: 'object',
      properties: {
        a: { type: 'string', description: 'A' },
        b: { enum: ['x', 'y'], description: 'B', default: 'x' },
        c: { type: ['string', 'number'] },
        d: { $ref: '#/$defs/d' },
        e: { oneOf: [{ type: 'string' }, { type: 'object', properties: { f: { type: 'number' } } }] },
        g: { type: 'array', items: { type: 'object', properties: { h: { type: 'null' } }, required: [] } },
      },
      required: ['d'],
      $defs: { d: { type: 'object', properties: { i: { const: 1 } } } },
    }
    expect(strictSchema(schema)).toEqual({
      type: 'object',
      properties: {
        a: { type: ['string', 'null'], description: 'A' },
        b: { anyOf: [{ enum: ['x', 'y'] }, { type: 'null' }], description: 'B' },
        c: { type: ['string', 'number', 'null'] },
        d: { $ref: '#/$defs/d' },
        e: {
          anyOf: [
            {
              anyOf: [
                { type: 'string' },
                {
                  type: 'object',
                  properties: { f: { type: ['number', 'null'] } },
                  required: ['f'],
                  additionalProperties: false,
                },
              ],
            },
            { type: 'null' },
          ],
        },
        g: {
          type: ['array', 'null'],
          items: { type: 'object', properties: { h: { type: 'null' } }, required: ['h'], additionalProperties: false },
        },
      },
      required: ['a', 'b', 'c', 'd', 'e', 'g'],
      additionalProperties: false,
      $defs: {
        d: {
          type: 'object',
          properties: { i: { anyOf: [{ const: 1 }, { type: 'null' }] } },
          required: ['i'],
          additionalProperties: false,
        },
      },
    })
  })

  it.each([
    [{ type: 'object', additionalProperties: { type: 'string' } }],
    [{ type: 'object', properties: { a: {} } }],
    [{ type: 'object', properties: { a: { type: 'object' } } }],
    [{ type: 'object', properties: { a: { allOf: [{ type: 'string' }] } } }],
    [{ type: 'object', properties: { a: { type: 'array', prefixItems: [{ type: 'string' }] } } }],
    [{ type: 'array', items: { type: 'string' } }],
  ])('is none where strict mode cannot say %j; the tool is not strict then', schema => {
    expect(strictSchema(schema)).toBeUndefined()
    if (schema.type !== 'object') return
    const tool = functionTool({ name: 'x', parameters: schema, execute: () => 1 })
    expect(tool.strict).toBe(false)
    expect(tool.schema).toEqual(schema)
    expect(() => functionTool({ name: 'x', parameters: schema, strict: true, execute: () => 1 })).toThrow(
      GovernanceError,
    )
  })

  it('has its nulls taken out again, in branches and behind references too', () => {
    const schema = {
      type: 'object',
      properties: {
        a: { $ref: '#/$defs/d' },
        b: {
          anyOf: [
            { type: 'string' },
            { type: 'object', properties: { c: { type: 'number' } }, additionalProperties: false },
          ],
        },
        n: { type: ['string', 'null'] },
      },
      $defs: { d: { type: 'object', properties: { e: { type: 'number' } } } },
    }
    expect(dropNulls(schema, { a: { e: null }, b: { c: null }, n: null, other: null })).toEqual({
      a: {},
      b: {},
      n: null,
      other: null,
    })
    expect(dropNulls(schema, { a: null, b: null })).toEqual({})
  })

  it('of zod: defaults, unions, nullable and optional come out as zod means them', async () => {
    const tool = zodTool({
      name: 'x',
      parameters: z.object({
        kind: z.discriminatedUnion('type', [
          z.object({ type: z.literal('a'), note: z.string().optional() }),
          z.object({ type: z.literal('b'), size: z.number().default(3) }),
        ]),
        comment: z.string().nullable(),
        tag: z.string().nullish(),
      }),
      execute: () => 1,
    })
    expect(tool.strict).toBe(true)
    expect(await tool.validate({ kind: { type: 'b', size: null }, comment: null, tag: null })).toEqual({
      input: { kind: { type: 'b', size: 3 }, comment: null, tag: null },
    })
    expect(await tool.validate({ kind: { type: 'a', note: null }, comment: 'c', tag: 't' })).toEqual({
      input: { kind: { type: 'a' }, comment: 'c', tag: 't' },
    })
    expect(await tool.validate({ kind: { type: 'c' }, comment: 'c' })).toHaveProperty('problem')
  })
})
