import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type AIMessageChunk, HumanMessage } from '@langchain/core/messages'
import { FakeListChatModel, FakeStreamingChatModel } from '@langchain/core/utils/testing'
import { fakeModel } from '@langchain/core/testing'
import { ChatOpenAI } from '@langchain/openai'
import { isModelError, type ModelEvent, providerGuard } from 'countersign'
import { governedModel } from 'countersign/langchain'
import { fakeClock } from 'countersign/testing'
import { createAgent, modelRetryMiddleware } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { inFakeTime, settled } from '../remote/support.js'
import { cutAfter, type ReplayStep, replayServer, streamed } from '../support/replay-server.js'
import { asking, makeTools } from './support.js'

const usage = { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23, prompt_tokens_details: { cached_tokens: 8 } }
let answers = 0
const said = (message: object): ReplayStep => ({
  body: {
    id: `chatcmpl-${++answers}`,
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: 'stop' }],
    usage,
  },
})
const calling = (name: string, args: object): ReplayStep =>
  said({ tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: JSON.stringify(args) } }] })
const chunk = (delta: object, finish: string | null = null, more: object = {}) => ({
  id: 'chatcmpl-streamed',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: finish }],
  ...more,
})
const streaming = (...texts: readonly string[]) =>
  streamed([...texts.map(content => chunk({ content })), chunk({}, 'stop'), chunk({}, null, { choices: [], usage })])
const down: ReplayStep = { status: 503, body: { error: { message: 'down', type: 'x', param: null, code: null } } }

/** The unmodified model against a server on loopback. */
async function world(steps: readonly ReplayStep[], options: Parameters<typeof providerGuard>[0] = {}) {
  await import('cockatiel')
  const server = await replayServer({ '/chat/completions': steps })
  const clock = fakeClock()
  const events: ModelEvent[] = []
  const guard = providerGuard({ retry: { jitter: 0 }, clock, onEvent: event => events.push(event), ...options })
  const openai = (model = 'gpt-4o-mini') =>
    new ChatOpenAI({ model, apiKey: 'none', configuration: { baseURL: `${server.url}/v1` } })
  return { server, clock, events, guard, openai, [Symbol.asyncDispose]: server.close }
}

const ended = (events: readonly ModelEvent[]) => events.filter(event => event.type === 'model-request-ended')

describe('invoke of a governed model', () => {
  it('tries again by the guard alone, and counts what was used', async () => {
    await using w = await world([down, down, said({ content: 'hello' })])
    const model = governedModel(w.openai(), { guard: w.guard, scope: { user: 'ada' } })
    const began = w.clock.now()
    const answer = await inFakeTime(w.clock, model.invoke('hi'))
    expect([answer.text, w.clock.now() - began]).toEqual(['hello', 1500])
    expect(ended(w.events)).toMatchObject([
      {
        provider: 'openai',
        model: 'gpt-4o-mini',
        scope: { user: 'ada' },
        attempts: 3,
        usage: { inputTokens: 20, cachedInputTokens: 8, outputTokens: 3 },
      },
    ])
  })

  it('asks three times in an outage, whatever retries there are around and inside of it', async () => {
    await using w = await world(Array.from({ length: 30 }, () => down))
    const model = governedModel(w.openai(), { guard: w.guard })
    const middleware = [modelRetryMiddleware({ maxRetries: 3, onFailure: 'error' })]
    const agent: any = createAgent({ model, tools: [], middleware: middleware as never })
    await expect(inFakeTime(w.clock, agent.invoke(asking))).rejects.toThrow('503')
    expect(w.server.requests.length).toBe(3)
  })

  it('leaves the model that was handed over as it was', async () => {
    const raw = new ChatOpenAI({ model: 'm', apiKey: 'none', maxRetries: 4 })
    governedModel(raw)
    expect((raw.caller as unknown as { maxRetries: number }).maxRetries).toBe(4)
  })

  it('throws what the provider says of a bad request, at once', async () => {
    await using w = await world([])
    await expect(governedModel(w.openai(), { guard: w.guard }).invoke('hi')).rejects.toMatchObject({ status: 400 })
    expect(w.server.requests.length).toBe(1)
  })

  it('gives way to the signal of the caller', async () => {
    await using w = await world([down])
    const abort = new AbortController()
    const running = governedModel(w.openai(), { guard: w.guard }).invoke('hi', { signal: abort.signal })
    await settled()
    abort.abort()
    await expect(running).rejects.toThrow()
    expect(ended(w.events)).toMatchObject([{ status: 'cancelled' }])
  })

  it('is the same model to LangChain', async () => {
    await using w = await world([said({ content: 'a' }), said({ content: 'b' })])
    const model = governedModel(w.openai(), { guard: w.guard })
    expect(model).toBeInstanceOf(ChatOpenAI)
    expect(model).toBeInstanceOf(BaseChatModel)
    expect(model.model).toBe('gpt-4o-mini')
    expect((await model.batch(['x', 'y'])).map(({ text }) => text).toSorted()).toEqual(['a', 'b'])
  })
})

describe('the stream of a governed model', () => {
  it('is tried again until it begins, and tells handlers of each token once', async () => {
    await using w = await world([down, streaming('hel', 'lo')])
    const told: string[] = []
    const handler = BaseCallbackHandler.fromMethods({
      handleChatModelStart: () => void told.push('start'),
      handleLLMNewToken: token => void (token === '' ? undefined : told.push(token)),
      handleLLMEnd: () => void told.push('end'),
    })
    const model = governedModel(w.openai(), { guard: w.guard })
    const read = async () => {
      let text = ''
      for await (const part of await model.stream('hi', { callbacks: [handler] })) text += part.text
      return text
    }
    expect(await inFakeTime(w.clock, read())).toBe('hello')
    expect(told).toEqual(['start', 'hel', 'lo', 'end'])
    expect(ended(w.events)).toMatchObject([{ status: 'succeeded', usage: { inputTokens: 20, outputTokens: 3 } }])
    expect(ended(w.events)[0]).toHaveProperty('firstChunkMs')
  })

  it('is not tried again once something came', async () => {
    const began = Promise.withResolvers<void>()
    await using w = await world([cutAfter(streaming('hel', 'lo'), 1, began.promise)])
    const model = governedModel(w.openai(), { guard: w.guard })
    let text = ''
    const read = async () => {
      for await (const part of await model.stream('hi')) {
        text += part.text
        began.resolve()
      }
    }
    await expect(read()).rejects.toThrow()
    expect([text, w.server.requests.length]).toEqual(['hel', 1])
    expect(ended(w.events)).toMatchObject([{ status: 'failed', kind: 'network' }])
  })

  it('of events goes through the guard too', async () => {
    await using w = await world([down, streaming('hel', 'lo'), streaming('ho')])
    const model = governedModel(w.openai(), { guard: w.guard })
    const message = await inFakeTime(w.clock, Promise.resolve(model.streamEvents('hi')))
    expect((message as unknown as AIMessageChunk).text).toBe('hello')
    const types: string[] = []
    for await (const { event } of model.streamEvents('hi', { version: 'v2' })) types.push(event)
    expect(types).toContain('on_chat_model_stream')
    expect(ended(w.events)).toMatchObject([
      { attempts: 2, usage: { inputTokens: 20, outputTokens: 3 } },
      { attempts: 1, usage: { inputTokens: 20, outputTokens: 3 } },
    ])
  })

  it('ends with its reader', async () => {
    const model = governedModel(new FakeListChatModel({ responses: ['a long answer'] }), {
      guard: { onEvent: event => events.push(event) },
    })
    const events: ModelEvent[] = []
    for await (const part of await model.stream('hi')) if (part.text !== '') break
    await new Promise(resolve => setImmediate(resolve))
    expect(ended(events)).toMatchObject([{ status: 'succeeded' }])
  })
})

describe('what is made of a governed model', () => {
  it('an agent with tools, streamed or not', async () => {
    await using w = await world([
      down,
      calling('pay', { amount: 5 }),
      said({ content: 'done' }),
      streaming('all ', 'done'),
    ])
    const { ran, pay } = makeTools()
    const agent = createAgent({ model: governedModel(w.openai(), { guard: w.guard }), tools: [pay] })
    const { messages } = await inFakeTime(w.clock, agent.invoke(asking))
    expect([messages.at(-1)?.text, ran]).toEqual(['done', ['pay 5']])
    expect(w.server.requests.map(({ body }) => body.tools[0].function.name)).toEqual(['pay', 'pay', 'pay'])
    let text = ''
    for await (const [message] of await agent.stream(asking, { streamMode: 'messages' })) text += message.text
    expect(text).toBe('all done')
    expect(ended(w.events).length).toBe(3)
  })

  it('structured output, and options bound', async () => {
    await using w = await world([down, said({ content: '{"answer":42}' }), said({ content: 'x' })])
    const model = governedModel(w.openai(), { guard: w.guard })
    const structured = model.withStructuredOutput(z.object({ answer: z.number() }))
    expect(await inFakeTime(w.clock, structured.invoke('hi'))).toEqual({ answer: 42 })
    const configured = model.withConfig({ stop: ['x'], tags: ['t'] })
    await configured.invoke('hi')
    expect(w.server.requests.at(-1)?.body.stop).toEqual(['x'])
    expect(ended(w.events).length).toBe(2)
  })

  it('tools are bound to every model in its own way', async () => {
    await using w = await world([down, down, down, calling('pay', { amount: 5 })])
    const { pay } = makeTools()
    const other = fakeModel().respond(new AIMessage('from the spare'))
    const model = governedModel(w.openai(), { guard: w.guard, fallbacks: [other] })
    const answer = await inFakeTime(w.clock, model.bindTools([pay]).invoke('pay'))
    expect(answer.text).toBe('from the spare')
    expect(other.calls[0]?.options).not.toHaveProperty('tools')
    const backwards = governedModel(fakeModel().alwaysThrow(Object.assign(new Error('down'), { status: 500 })), {
      guard: { retry: { attempts: 1 } },
      fallbacks: [w.openai('gpt-4o')],
    })
    const called = await backwards.bindTools([pay]).invoke('pay')
    expect(called.tool_calls?.[0]?.name).toBe('pay')
    expect(w.server.requests.at(-1)?.body).toMatchObject({ model: 'gpt-4o', tools: [{ function: { name: 'pay' } }] })
  })

  it('a model that cannot stream takes the place of one that can', async () => {
    await using w = await world([down, down, down])
    const spare = fakeModel().respond(new AIMessage('whole'))
    const model = governedModel(w.openai(), { guard: w.guard, fallbacks: [spare] })
    const read = async () => {
      let text = ''
      for await (const part of await model.stream('hi')) text += part.text
      return text
    }
    expect(await inFakeTime(w.clock, read())).toBe('whole')
  })
})

describe('the cache of a governed model', () => {
  it('gives messages again that are nobody else’s, with ids of their own', async () => {
    await using w = await world([said({ content: 'hello' }), streaming('a', 'b')], { cache: true })
    const model = governedModel(w.openai(), { guard: w.guard })
    const first = await model.invoke([new HumanMessage({ id: crypto.randomUUID(), content: 'hi' })])
    first.content = 'changed'
    const second = await model.invoke([new HumanMessage({ id: crypto.randomUUID(), content: 'hi' })])
    expect(second).toMatchObject({ text: 'hello', usage_metadata: { total_tokens: 23 } })
    expect(second.id).not.toBe(first.id)
    for (let time = 0; time < 2; time++) {
      let text = ''
      for await (const part of await model.stream('hi')) text += part.text
      expect(text).toBe('ab')
    }
    expect(w.server.requests.length).toBe(2)
  })

  it('is not used beside tools, nor for other settings of the model', async () => {
    await using w = await world(
      Array.from({ length: 4 }, () => said({ content: 'hello' })),
      { cache: true },
    )
    const { pay } = makeTools()
    const model = governedModel(w.openai(), { guard: w.guard })
    for (let time = 0; time < 2; time++) await model.bindTools([pay]).invoke('hi')
    await model.invoke('hi')
    await model.invoke('hi', { stop: ['x'] })
    expect(w.server.requests.length).toBe(4)
  })
})

describe('on whose behalf', () => {
  it('is read from the invocation: the thread is the session', async () => {
    const events: ModelEvent[] = []
    const model = governedModel(fakeModel().respond(new AIMessage('a')), {
      guard: { onEvent: event => events.push(event) },
      scope: ({ configurable }) => ({ user: String(configurable['user']) }),
    })
    const agent = createAgent({ model, tools: [] })
    await agent.invoke(asking, { configurable: { thread_id: 't1', user: 'ada' } })
    expect(ended(events)[0]?.scope).toEqual({ user: 'ada', sessionId: 't1' })
  })

  it('budgets are kept per thread', async () => {
    const model = governedModel(fakeModel().respond(new AIMessage('a')).respond(new AIMessage('b')), {
      guard: { budgets: [{ name: 'b', per: 'session', tokens: 5000 }] },
    })
    const agent = createAgent({ model, tools: [] })
    const thread = (id: string) => agent.invoke(asking, { configurable: { thread_id: id } })
    await thread('t1')
    await expect(thread('t1')).rejects.toSatisfy(error => isModelError(error, 'budget'))
    await thread('t2')
  })
})

describe('at the start', () => {
  it.each([
    [{ gaurd: {} }, /gaurd.*Did you mean "guard"\?/],
    [{ guard: { retries: 3 } }, /retries/],
    [{ fallbacks: ['gpt-5'] }, /fallbacks\.0.*a chat model/],
    [{ fallbacks: [{ _generate: () => 1, _getModelInstance: () => 1 }] }, /initChatModel/],
    [{ scope: { tennant: 'a' } }, /Did you mean "tenant"\?/],
    [{ guard: { budgets: [{ name: 'b', per: 'all', cost: 1 }] } }, /nobody said what .* costs/],
  ])('%# is refused', (options, message) => {
    expect(() => governedModel(new FakeStreamingChatModel({}), options as never)).toThrow(message)
  })

  it('refuses what is no model, and a model with a guard', () => {
    expect(() => governedModel('gpt-5' as never)).toThrow('expected a chat model')
    const model = governedModel(new FakeStreamingChatModel({}))
    expect(() => governedModel(model)).toThrow('this one has one')
  })
})
