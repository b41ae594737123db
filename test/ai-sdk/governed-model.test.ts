import { createOpenAI } from '@ai-sdk/openai'
import { APICallError, generateText, streamText, tool, wrapLanguageModel } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { createGovernor, isModelError, memoryStore, type ModelEvent, providerGuard } from 'countersign'
import { governedModel, governedTools, modelMiddleware } from 'countersign/ai-sdk'
import { fakeClock } from 'countersign/testing'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { inFakeTime, settled } from '../remote/support.js'
import { cutAfter, type ReplayStep, replayServer, streamed } from '../support/replay-server.js'
import { scripted, sdks } from './scripted.js'

const said = (text: string) => ({
  id: 'r',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23, prompt_tokens_details: { cached_tokens: 8 } },
})
const delta = (content: string, finish: string | null = null) => ({
  id: 'r',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: finish }],
})
const usage = { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 }
const streaming = (...texts: readonly string[]) =>
  streamed([...texts.map(text => delta(text)), delta('', 'stop'), { ...delta(''), choices: [], usage }])
const down = { status: 503, body: { error: { message: 'down', type: 'x', param: null, code: null } } }
const busy: ReplayStep = { ...down, status: 429, headers: { 'retry-after-ms': '1500' } }

/** The unmodified provider against a server on loopback. */
async function world(steps: readonly ReplayStep[], options: Parameters<typeof providerGuard>[0] = {}) {
  await import('cockatiel')
  const server = await replayServer({ '/chat/completions': steps })
  const openai = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' })
  const clock = fakeClock()
  const events: ModelEvent[] = []
  const guard = providerGuard({ retry: { jitter: 0 }, clock, onEvent: event => events.push(event), ...options })
  return { server, clock, guard, events, model: openai.chat('gpt-5'), openai, [Symbol.asyncDispose]: server.close }
}

const onError = () => undefined

/** The text that came, and how it broke. */
async function read(texts: AsyncIterable<string>, began: () => void): Promise<string> {
  let text = ''
  try {
    for await (const part of texts) {
      text += part
      began()
    }
    return text
  } catch (error) {
    return `${text}, then ${((error as Error).cause as Error).message}`
  }
}

describe('generateText with a governed model', () => {
  it('tries again in the time the provider names, and counts what was used', async () => {
    await using w = await world([busy, down, { body: said('hello') }])
    const began = w.clock.now()
    const model = governedModel(w.model, { guard: w.guard, scope: { actor: 'ada' } })
    const { text, usage: used } = await inFakeTime(w.clock, generateText({ model, prompt: 'hi' }))
    expect([text, used.inputTokens, w.clock.now() - began]).toEqual(['hello', 20, 2500])
    expect(w.events.at(-1)).toMatchObject({
      type: 'model-request-ended',
      provider: 'openai.chat',
      model: 'gpt-5',
      scope: { actor: 'ada' },
      attempts: 3,
      usage: { inputTokens: 20, cachedInputTokens: 8, outputTokens: 3 },
    })
  })

  it('is asked three times in an outage, and not nine: the SDK tries nothing again', async () => {
    await using w = await world([down, down, down, down, down, down, down, down, down])
    const model = governedModel(w.model, { guard: w.guard })
    const failed = inFakeTime(w.clock, generateText({ model, prompt: 'hi', maxRetries: 5 }))
    await expect(failed).rejects.toSatisfy(error => APICallError.isInstance(error) && error.statusCode === 503)
    expect(w.server.requests.length).toBe(3)
  })

  it('throws what the provider says of a bad request, at once', async () => {
    await using w = await world([])
    const failed = generateText({ model: governedModel(w.model, { guard: w.guard }), prompt: 'hi' })
    await expect(failed).rejects.toSatisfy(error => APICallError.isInstance(error) && error.statusCode === 400)
    expect(w.server.requests.length).toBe(1)
  })

  it('tries again where nobody listens, and asks another model', async () => {
    await using w = await world([{ body: said('from the spare') }])
    const nowhere = createOpenAI({ baseURL: 'http://127.0.0.1:1/v1', apiKey: 'none' }).chat('gone')
    const model = governedModel(nowhere, { guard: w.guard, fallbacks: [w.model] })
    const { text } = await inFakeTime(w.clock, generateText({ model, prompt: 'hi' }))
    expect(text).toBe('from the spare')
    expect(w.events.map(event => ('kind' in event ? `${event.model} ${event.kind}` : event.type))).toEqual([
      'gone network',
      'gone network',
      'gone network',
      'gone network',
      'gone network',
      'model-attempt-ended',
      'model-request-ended',
    ])
  })

  it('gives way to the signal of the caller', async () => {
    await using w = await world([down])
    const abort = new AbortController()
    const running = generateText({
      model: governedModel(w.model, { guard: w.guard }),
      prompt: 'hi',
      abortSignal: abort.signal,
    })
    await settled()
    abort.abort()
    await expect(running).rejects.toSatisfy(error => (error as Error).name === 'AbortError')
  })

  it('throws errors of the guard as they are, and never again', async () => {
    await using w = await world([], { budgets: [{ name: 'none', per: 'all', tokens: 1 }] })
    const failed = generateText({ model: governedModel(w.model, { guard: w.guard }), prompt: 'hi', maxRetries: 3 })
    await expect(failed).rejects.toSatisfy(error => isModelError(error, 'budget'))
    expect(w.events.filter(({ type }) => type === 'model-skipped').length).toBe(1)
  })
})

describe('streamText with a governed model', () => {
  it('tries again until the stream begins', async () => {
    await using w = await world([down, streaming('hel', 'lo')])
    const result = streamText({ model: governedModel(w.model, { guard: w.guard }), prompt: 'hi', maxRetries: 0 })
    expect(await inFakeTime(w.clock, Promise.resolve(result.text))).toBe('hello')
    expect(w.events.at(-1)).toMatchObject({ status: 'succeeded', usage: { inputTokens: 20, outputTokens: 3 } })
    expect(w.events.at(-1)).toHaveProperty('firstChunkMs')
  })

  it('tries nothing again once text came', async () => {
    const began = Promise.withResolvers<void>()
    await using w = await world([cutAfter(streaming('hel', 'lo'), 1, began.promise)])
    const result = streamText({ model: governedModel(w.model, { guard: w.guard }), prompt: 'hi', onError })
    expect([await read(result.textStream, began.resolve), w.server.requests.length]).toEqual([
      'hel, then terminated',
      1,
    ])
    expect(w.events.at(-1)).toMatchObject({ status: 'failed', kind: 'network' })
  })

  it('plays a whole stream again from the cache, and no cut one', async () => {
    const began = Promise.withResolvers<void>()
    await using w = await world([cutAfter(streaming('a', 'b'), 2, began.promise), streaming('a', 'b')], { cache: true })
    const model = governedModel(w.model, { guard: w.guard })
    const ask = () => read(streamText({ model, prompt: 'hi', onError }).textStream, began.resolve)
    expect(await ask()).toMatch(/^ab?, then terminated$/)
    expect([await ask(), await ask(), w.server.requests.length]).toEqual(['ab', 'ab', 2])
  })

  it('ends with the signal of the caller, as the SDK expects it', async () => {
    await using w = await world([cutAfter(streaming('hel', 'lo'), 1, new Promise(() => undefined))])
    const abort = new AbortController()
    const model = governedModel(w.model, { guard: w.guard })
    const types: string[] = []
    const { fullStream } = streamText({ model, prompt: 'hi', abortSignal: abort.signal, onError })
    for await (const { type } of fullStream) {
      types.push(type)
      if (type === 'text-delta') abort.abort()
    }
    expect(types.at(-1)).toBe('abort')
    expect(w.events.at(-1)).toMatchObject({ status: 'cancelled' })
  })

  it('reads no faster than it is read', async () => {
    let pulled = 0
    const parts = Array.from({ length: 50 }, (_, index) => ({
      type: 'text-delta' as const,
      id: 't',
      delta: `${index}`,
    }))
    const stream = new ReadableStream(
      {
        pull: controller => {
          controller.enqueue(parts[pulled++])
          if (pulled === parts.length) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const model = governedModel(new MockLanguageModelV4({ doStream: { stream } as never }))
    const { stream: governed } = await model.doStream({ prompt: [] })
    const reader = governed.getReader()
    await reader.read()
    await new Promise(resolve => setImmediate(resolve))
    expect(pulled).toBeLessThan(5)
    await reader.cancel()
  })
})

describe('the cache of a governed model', () => {
  it('is not used beside tools, unless their profile says that they change nothing', async () => {
    const governor = createGovernor({ store: memoryStore(), unlisted: 'allow' })
    const look = tool({ inputSchema: z.object({}), execute: () => 'seen' })
    for (const [readOnly, requests] of [
      [true, 1],
      [false, 2],
    ] as const) {
      const { model, prompts } = scripted('a', 'b')
      const tools = governedTools({ look }, { governor, profiles: { look: { annotations: { readOnly } } } })
      const governed = governedModel(model as MockLanguageModelV4, { guard: { cache: true }, tools })
      for (let time = 0; time < 2; time++) await generateText({ model: governed, prompt: 'hi', tools })
      expect(prompts().length).toBe(requests)
    }
    await governor.close()
  })
})

describe('the same as a middleware', () => {
  it('of wrapLanguageModel', async () => {
    await using w = await world([down, { body: said('hello') }, streaming('hello')])
    const model = wrapLanguageModel({ model: w.model, middleware: modelMiddleware({ guard: w.guard }) })
    const { text } = await inFakeTime(w.clock, generateText({ model, prompt: 'hi' }))
    const streamedText = await streamText({ model, prompt: 'hi' }).text
    expect([text, streamedText, w.server.requests.length]).toEqual(['hello', 'hello', 3])
  })

  it.each(sdks)('$major runs it either way', async ({ ai, scripted }) => {
    const inner = scripted('one', 'two', 'three').model as MockLanguageModelV4
    const model = governedModel(inner)
    expect((await ai.generateText({ model, prompt: 'hi' })).text).toBe('one')
    expect(await ai.streamText({ model, prompt: 'hi' }).text).toBe('two')
    const wrapped = ai.wrapLanguageModel({ model: inner, middleware: modelMiddleware() })
    expect((await ai.generateText({ model: wrapped, prompt: 'hi' })).text).toBe('three')
  })
})

describe('at the start', () => {
  const model = new MockLanguageModelV4()

  it.each([
    [{ gaurd: {} }, /gaurd.*Did you mean "guard"\?/],
    [{ guard: 'x' }, /governedModel\.guard/],
    [{ guard: { timeout: 1 } }, /timeouts/],
    [{ scope: { tennant: 'a' } }, /tennant.*Did you mean "tenant"\?/],
    [{ fallbacks: ['openai/gpt-5'] }, /fallbacks\.0.*expected a model object/],
    [{ fallbacks: [{ specificationVersion: 'v2', doGenerate: vi.fn(), doStream: vi.fn() }] }, /specification v4/],
    [{ tools: { a: tool({ inputSchema: z.object({}) }) } }, /tools\.a.*expected a tool of governedTools/],
    [
      { guard: { budgets: [{ name: 'b', per: 'all', cost: 1 }] } },
      /nobody said what mock-provider\/mock-model-id costs/,
    ],
  ])('%# is refused', (options, message) => {
    expect(() => governedModel(model, options as never)).toThrow(message)
  })

  it('refuses the name of a model', () => {
    expect(() => governedModel('openai/gpt-5' as never)).toThrow('gateway("openai/gpt-5")')
  })

  it('asks for the scope of each request', async () => {
    const events: ModelEvent[] = []
    let user = 'ada'
    const guard = { onEvent: (event: ModelEvent) => events.push(event) }
    const { model } = scripted('a', 'b')
    const governed = governedModel(model as MockLanguageModelV4, { guard, scope: () => ({ user }) })
    await generateText({ model: governed, prompt: 'hi' })
    user = 'eve'
    await generateText({ model: governed, prompt: 'hi' })
    const ended = events.filter(event => event.type === 'model-request-ended')
    expect(ended.map(({ scope }) => scope.user)).toEqual(['ada', 'eve'])
  })
})
