import { FunctionRegistry, settingsFromEnv, zodTool } from 'countersign/openai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { governorWith } from './support.js'

const registryOf = (ran: unknown[] = []) => {
  const governor = governorWith()
  const registry = new FunctionRegistry({ governor, user: 'ada' })
    .register(
      zodTool({ name: 'pay', parameters: z.object({ amount: z.number() }), execute: ({ amount }) => ran.push(amount) }),
    )
    .register('wipe', () => ran.push('wipe'), { description: 'Wipes' })
  return { governor, registry, ran }
}

describe('the function registry', () => {
  it('executes a function by name, governed, with an object or with the model’s text', async () => {
    const { registry, ran, governor } = registryOf()
    expect(await registry.execute('pay', { amount: 1 }, { sessionId: 's' })).toMatchObject({
      status: 'executed',
      decision: { user: 'ada', sessionId: 's' },
    })
    expect(await registry.execute('pay', '{"amount":2}')).toMatchObject({
      status: 'executed',
      arguments: { amount: 2 },
    })
    expect(await registry.execute('pay', { amount: 500 })).toMatchObject({ status: 'approval_required' })
    expect(await registry.execute('wipe', {})).toMatchObject({ status: 'blocked' })
    expect(ran).toEqual([1, 2])
    expect(await governor.decisions.list()).toHaveLength(4)
  })

  it('refuses what is no function, and arguments that do not fit, without a decision', async () => {
    const { registry, ran, governor } = registryOf()
    expect(await registry.execute('nope', {})).toMatchObject({
      status: 'blocked',
      error: 'Tool "nope" is not registered',
    })
    for (const args of ['{', '[]', { amount: 'x' }, undefined, 7]) {
      expect(await registry.execute('pay', args)).toMatchObject({ status: 'tool_error' })
    }
    expect(ran).toEqual([])
    expect(await governor.decisions.list()).toEqual([])
  })

  it('executes the same call of the same session once', async () => {
    const { registry, ran } = registryOf()
    for (let time = 0; time < 2; time++) await registry.execute('pay', { amount: 1 }, { callId: 'c', sessionId: 's' })
    expect(ran).toEqual([1])
  })

  it('lists functions as either API is told of them', () => {
    const { registry } = registryOf()
    expect(registry.list()[0]).toMatchObject({ type: 'function', function: { name: 'pay' } })
    expect(registry.list('responses')[1]).toMatchObject({ type: 'function', name: 'wipe', strict: true })
  })

  it('tells what has changed since', async () => {
    const { registry } = registryOf()
    const before = await registry.fingerprints()
    expect(await registry.drift(before)).toEqual({ added: [], removed: [], changed: [] })
    const other = new FunctionRegistry({ governor: governorWith() })
      .register('pay', () => 1, {
        description: 'Execute pay',
        parameters: z.object({ amount: z.number(), to: z.string() }),
      })
      .register('look', () => 1)
    expect(await other.drift(before)).toEqual({ added: ['look'], removed: ['wipe'], changed: ['pay'] })
  })

  it('refuses a schema that is none when it is registered, and names the place', () => {
    const { registry } = registryOf()
    const refused: readonly (readonly [object, string])[] = [
      [{ type: 'string' }, 'a schema of an object'],
      [{ type: 'object', properties: { a: { type: 'strng' } } }, '`properties.a` has the type "strng"'],
      [{ type: 'object', required: 'a' }, '`required`'],
      [{ type: 'object', properties: { a: 5 } }, '`properties.a` is not a schema'],
      [{ type: 'object', properties: { a: { $ref: '#/$defs/gone' } } }, '"#/$defs/gone"'],
      [{ type: 'object', properties: { a: { enum: 'x' } } }, '`enum`'],
    ]
    for (const [parameters, message] of refused) {
      expect(() => registry.register('x', () => 1, { parameters: parameters as never })).toThrow(message)
    }
    expect(() => registry.register('wipe', () => 1)).toThrow('already')
    expect(() => registry.register('x', () => 1, { parameters: z.object({ a: z.date() }) })).toThrow('jsonSchema')
    const jsonSchema = { type: 'object', properties: { a: { type: 'string' } } }
    registry.register('x', () => 1, { parameters: z.object({ a: z.coerce.date() }), jsonSchema })
    expect(() => new FunctionRegistry({ governor: {} as never })).toThrow('governor')
  })
})

describe('settings from the environment', () => {
  it('are what is set, in the words of the API', () => {
    const env = {
      OPENAI_MODEL: 'gpt-5.1',
      OPENAI_MAX_TOKENS: '2000',
      OPENAI_TEMPERATURE: '0.7',
      OPENAI_MODELS: 'gpt-5.1, gpt-4o',
    }
    expect(settingsFromEnv({ env })).toEqual({
      api: 'responses',
      model: 'gpt-5.1',
      models: ['gpt-5.1', 'gpt-4o'],
      request: { max_output_tokens: 2000, temperature: 0.7 },
    })
    expect(settingsFromEnv({ env, api: 'chat' }).request).toEqual({ max_completion_tokens: 2000, temperature: 0.7 })
    expect(settingsFromEnv({ env: {} })).toEqual({ api: 'responses', request: {} })
    expect(settingsFromEnv({ env: { OPENAI_MODEL: ' ' } })).toEqual({ api: 'responses', request: {} })
  })

  it.each([
    [{ OPENAI_MODEL: 'gpt-9' }, 'gpt-9'],
    [{ OPENAI_MAX_TOKENS: 'many' }, 'OPENAI_MAX_TOKENS'],
    [{ OPENAI_MAX_TOKENS: '0' }, 'OPENAI_MAX_TOKENS'],
    [{ OPENAI_TEMPERATURE: '3' }, 'OPENAI_TEMPERATURE'],
  ])('%j is refused', (env, message) => {
    expect(() => settingsFromEnv({ env, models: ['gpt-5.1'] })).toThrow(message)
  })

  it('are read from the process where nothing else is given', () => {
    expect(settingsFromEnv().api).toBe('responses')
  })
})
