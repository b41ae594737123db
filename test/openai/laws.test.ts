import { createGovernedOpenAI, streamUntilUserInput, zodTool } from 'countersign/openai'
import { type ScriptedTurn } from 'countersign/testing'
import * as fc from 'fast-check'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { CallAssembler } from '../../adapters/openai/chat/call-assembler.js'
import { dropNulls } from '../../adapters/openai/schema/drop-nulls.js'
import { strictSchema } from '../../adapters/openai/schema/strict.js'
import { problemsOf } from '../../adapters/openai/schema/validate.js'
import { encodeOutput } from '../../adapters/openai/call/encode.js'
import { completionChunks } from '../../src/testing/model-server/chat-protocol.js'
import { responseEvents } from '../../src/testing/model-server/responses-protocol.js'
import { streamed } from '../../src/testing/model-server/step.js'
import { runs } from '../support/governing.js'
import { all, governorWith } from './support.js'

/** A client whose answers are these bytes, in these pieces. */
function clientOver(answers: readonly (readonly Uint8Array[])[]): OpenAI {
  const left = [...answers]
  const fetch = async (): Promise<Response> => {
    const pieces = left.shift() ?? []
    const body = new ReadableStream<Uint8Array>({
      start: controller => {
        for (const piece of pieces) controller.enqueue(piece)
        controller.close()
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  return new OpenAI({ apiKey: 'none', maxRetries: 0, logLevel: 'off', fetch })
}

const bytesOf = (turn: ScriptedTurn, index: number, api: 'responses' | 'chat'): Uint8Array => {
  const events = api === 'chat' ? completionChunks(turn, index, {}) : responseEvents(turn, index, {})
  return new TextEncoder().encode(streamed(events).frames.join(''))
}

/** The same bytes, cut at these fractions of their length. */
const cutAt = (bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] => {
  const at = [0, ...cuts.map(cut => Math.floor(cut * bytes.length)).toSorted((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.slice(at[index], end))
}

const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const call = fc.record({ name: fc.constantFrom('note', 'other'), arguments: fc.record({ text }) })
const turn = fc.record({ calls: fc.array(call, { minLength: 1, maxLength: 4 }), text, reasoning: text })
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })
const api = fc.constantFrom('responses' as const, 'chat' as const)

function aiOver(client: OpenAI, over: 'responses' | 'chat', ran: unknown[]) {
  const governor = governorWith({ policy: [] })
  const ai = createGovernedOpenAI<'responses' | 'chat'>({ client, governor, model: 'm', api: over })
  for (const name of ['note', 'other']) {
    ai.tool(name, input => void ran.push([name, input]), { parameters: z.object({ text: z.string() }) })
  }
  return { ai, governor }
}

describe('the laws of a stream', () => {
  it('however its bytes are cut, the same calls run, in the same order, one decision each', async () => {
    await fc.assert(
      fc.asyncProperty(turn, cuts, cuts, api, async (first, firstCuts, lastCuts, over) => {
        const answers = [
          cutAt(bytesOf(first, 0, over), firstCuts),
          cutAt(bytesOf({ text: 'Done.' }, 1, over), lastCuts),
        ]
        const ran: unknown[] = []
        const { ai, governor } = aiOver(clientOver(answers), over, ran)
        const events = await all(ai.runStream({ input: 'go' }))
        expect(ran).toEqual(first.calls.map(each => [each.name, each.arguments]))
        expect(await governor.decisions.list()).toHaveLength(first.calls.length)
        const said = events.flatMap(event => (event.type === 'llm_text_done' ? [event.text] : [])).join('')
        expect(said).toBe(`${first.text}Done.`)
      }),
      runs(150),
    )
  })

  it('cut off anywhere before its end, it executes nothing and decides nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        turn,
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        api,
        async (first, fraction, over) => {
          const bytes = bytesOf(first, 0, over)
          const whole = new TextDecoder().decode(bytes)
          // What comes after the last event belongs to no answer.
          const end =
            over === 'chat' ? whole.lastIndexOf('"tool_calls"}') : whole.lastIndexOf('event: response.completed')
          const length = new TextEncoder().encode(whole.slice(0, Math.floor(end * fraction))).length
          const ran: unknown[] = []
          const { ai, governor } = aiOver(clientOver([[bytes.slice(0, length)]]), over, ran)
          await expect(all(ai.runStream({ input: 'go' }))).rejects.toThrow()
          expect(ran).toEqual([])
          expect(await governor.decisions.list()).toEqual([])
        },
      ),
      runs(150),
    )
  })

  it('of Chat Completions, however the index is written and the bytes are cut, streamUntilUserInput runs the same calls', async () => {
    const index = fc.constantFrom('position' as const, 'null' as const, 'missing' as const, 'zero' as const)
    await fc.assert(
      fc.asyncProperty(turn, cuts, index, async (first, firstCuts, how) => {
        const answers = [
          cutAt(bytesOf({ ...first, index: how }, 0, 'chat'), firstCuts),
          [bytesOf({ text: 'Done.' }, 1, 'chat')],
        ]
        const ran: unknown[] = []
        const tools = ['note', 'other'].map(name =>
          zodTool({ name, parameters: z.object({ text: z.string() }), execute: input => void ran.push([name, input]) }),
        )
        const governor = governorWith({ policy: [] })
        await streamUntilUserInput({ client: clientOver(answers), governor, model: 'm', messages: [], tools })
        expect(ran).toEqual(first.calls.map(each => [each.name, each.arguments]))
      }),
      runs(100),
    )
  })

  it('interleaved calls are put together by their ids, whatever the index says', () => {
    const calls = fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1, maxLength: 5 }), args: text }), {
      selector: ({ id }) => id,
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(calls, fc.infiniteStream(fc.nat()), (wanted, numbers) => {
        const next = (): number => numbers.next().value as number
        const left = wanted.map(({ id, args }) => ({ id, rest: Array.from(JSON.stringify({ args })), isNew: true }))
        const assembler = new CallAssembler()
        const order: string[] = []
        while (left.some(each => each.rest.length > 0)) {
          const open = left.filter(each => each.rest.length > 0)
          const each = open[next() % open.length]!
          const piece = each.rest.splice(0, 1 + (next() % 5)).join('')
          if (each.isNew) order.push(each.id)
          const name = each.isNew ? { name: 'note' } : {}
          each.isNew = false
          const index = [null, 0, undefined, next() % 3][next() % 4]
          assembler.push([{ id: each.id, index, function: { ...name, arguments: piece } }])
        }
        const byId = new Map(wanted.map(({ id, args }) => [id, JSON.stringify({ args })]))
        expect(assembler.calls.map(({ id, arguments: args }) => [id, args])).toEqual(
          order.map(id => [id, byId.get(id)]),
        )
      }),
      runs(300),
    )
  })
})

describe('the laws of schemas and results', () => {
  const leaf = fc.constantFrom(
    { type: 'string' },
    { type: 'number' },
    { type: ['string', 'null'] },
    { enum: ['a', 'b'] },
  )
  const object = fc.letrec(tie => ({
    schema: fc.oneof(
      { depthSize: 'small' },
      leaf,
      tie('object'),
      fc.record({ type: fc.constant('array'), items: tie('schema') }),
    ),
    object: fc
      .dictionary(fc.constantFrom('a', 'b', 'c'), fc.tuple(tie('schema'), fc.boolean()), { minKeys: 1 })
      .map(properties => ({
        type: 'object',
        properties: Object.fromEntries(Object.entries(properties).map(([name, pair]) => [name, pair[0]])),
        required: Object.entries(properties).flatMap(([name, pair]) => (pair[1] ? [name] : [])),
        additionalProperties: false,
      })),
  })).object as fc.Arbitrary<any>

  /** Something that fits, with everything that may be left out left out. */
  const least = (schema: any): unknown => {
    if (schema.enum !== undefined) return schema.enum[0]
    if (schema.type === 'array') return [least(schema.items)]
    if (schema.type === 'object')
      return Object.fromEntries(schema.required.map((name: string) => [name, least(schema.properties[name])]))
    return schema.type === 'number' ? 1 : 'x'
  }
  /** The same as a strict model writes it: what is left out is null. */
  const written = (schema: any, value: any): unknown => {
    if (schema.type === 'array') return value.map((item: unknown) => written(schema.items, item))
    if (schema.type !== 'object') return value
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [
        name,
        name in value ? written(property, value[name]) : null,
      ]),
    )
  }

  it('what may be left out may be null in strict mode, and is left out again', () => {
    fc.assert(
      fc.property(object, schema => {
        const strict = strictSchema(schema)
        expect(strict).toBeDefined()
        const value = least(schema)
        const sent = written(schema, value)
        expect(problemsOf(strict ?? {}, sent)).toEqual([])
        const dropped = dropNulls(schema, sent)
        expect(problemsOf(schema, dropped)).toEqual([])
        // A property that may be null on its own keeps its null.
        expect(JSON.parse(JSON.stringify(dropped, (_, item: unknown) => (item === null ? undefined : item)))).toEqual(
          value,
        )
      }),
      runs(300),
    )
  })

  it('any value at all becomes JSON', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withSparseArray: true,
        }),
        value => {
          expect(() => JSON.parse(encodeOutput(value)) as unknown).not.toThrow()
        },
      ),
      runs(500),
    )
  })

  it('a JSON value is told as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), value => {
        expect(JSON.parse(encodeOutput(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      runs(300),
    )
  })
})
