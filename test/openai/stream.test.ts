import { createOpenAI } from '@ai-sdk/openai'
import { HumanMessage } from '@langchain/core/messages'
import { tool as langChainTool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { isStepCount, streamText, tool } from 'ai'
import { governedTools } from 'countersign/ai-sdk'
import { governanceMiddleware } from 'countersign/langchain'
import { normalizeStream, ProviderResponseError, type StreamEvent } from 'countersign/openai'
import { modelServer, replayServer, type ScriptedTurn, streamed } from 'countersign/testing'
import { createAgent } from 'langchain'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hasFixtures, NEEDS_FIXTURES, recorded } from '../support/replay-server.js'
import { all, calling, clientOf, governorWith, scripted } from './support.js'

async function* of(...parts: readonly unknown[]): AsyncGenerator {
  yield* parts
}

/** What a stream says, without where. */
const said = (events: readonly StreamEvent[]): unknown[] =>
  events.flatMap((event): unknown[] => {
    switch (event.type) {
      case 'llm_text_done':
        return [['text', event.text]]
      case 'reasoning_done':
        return [['reasoning', event.text]]
      case 'function_call_args_done':
        return [['call', event.callId, event.name, JSON.parse(event.arguments)]]
      case 'execution_event':
        return [['execution', event.event.tool, event.event.callId, event.event.status]]
      default:
        return []
    }
  })

describe('the events of a stream', () => {
  const created = { type: 'response.created', response: { id: 'resp_1' } }
  const added = {
    type: 'response.output_item.added',
    output_index: 0,
    item: { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'pay' },
  }
  const at = { item_id: 'fc_1', output_index: 0 }
  const call = { responseId: 'resp_1', itemId: 'fc_1', outputIndex: 0, callId: 'call_1', name: 'pay' }

  it.each([
    [
      { type: 'response.output_text.delta', item_id: 'm', output_index: 1, delta: 'a' },
      { type: 'llm_delta', delta: 'a', responseId: 'resp_1', itemId: 'm', outputIndex: 1 },
    ],
    [
      { type: 'response.output_text.done', item_id: 'm', output_index: 1, text: 'ab' },
      { type: 'llm_text_done', text: 'ab', responseId: 'resp_1', itemId: 'm', outputIndex: 1 },
    ],
    [
      { type: 'response.function_call_arguments.delta', ...at, delta: '{' },
      { type: 'function_call_args_delta', delta: '{', ...call },
    ],
    [
      { type: 'response.function_call_arguments.done', ...at, arguments: '{}' },
      { type: 'function_call_args_done', arguments: '{}', ...call },
    ],
    [
      { type: 'response.refusal.delta', item_id: 'm', delta: 'no' },
      { type: 'refusal_delta', delta: 'no', responseId: 'resp_1', itemId: 'm' },
    ],
    [
      {
        type: 'response.completed',
        response: { id: 'resp_1', status: 'completed', usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } },
      },
      {
        type: 'response_done',
        reason: 'completed',
        responseId: 'resp_1',
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      },
    ],
    [
      { type: 'response.failed', response: { id: 'resp_1', error: { code: 'x', message: 'why' } } },
      { type: 'response_failed', error: { code: 'x', message: 'why' }, responseId: 'resp_1' },
    ],
    [
      { type: 'error', error: { code: 'x', message: 'why' } },
      { type: 'response_failed', error: { code: 'x', message: 'why' } },
    ],
    [
      { type: 'error', code: 'x', message: 'why' },
      { type: 'response_failed', error: { code: 'x', message: 'why' } },
    ],
    [
      { type: 'response.reasoning_summary_text.delta', item_id: 'r', delta: 'hm' },
      { type: 'reasoning_delta', kind: 'summary', delta: 'hm' },
    ],
    [
      { type: 'response.reasoning_text.delta', item_id: 'r', delta: 'hm' },
      { type: 'reasoning_delta', kind: 'text', delta: 'hm' },
    ],
    [
      { type: 'response.reasoning.delta', item_id: 'r', delta: 'hm' },
      { type: 'reasoning_delta', kind: 'text', delta: 'hm' },
    ],
  ])('%j is told in our words, with the ids joined', async (raw, event) => {
    const [first, ...rest] = await all(normalizeStream(of(created, added, raw), 'responses'))
    expect(first).toEqual({
      type: 'output_item_added',
      item: { type: 'function_call', id: 'fc_1', callId: 'call_1', name: 'pay' },
      responseId: 'resp_1',
      itemId: 'fc_1',
      outputIndex: 0,
    })
    expect(rest).toEqual([expect.objectContaining(event)])
  })

  it('of types that are not known say nothing, and of what is no event neither', async () => {
    const parts = [{ type: 'response.new_thing' }, { type: '__proto__' }, { type: 5 }, null, 'x', [], {}]
    for (const source of ['responses', 'ai-sdk', 'langchain'] as const) {
      expect(await all(normalizeStream(of(...parts), source))).toEqual([])
    }
  })

  it('hold no field that holds nothing', async () => {
    await using run = await scripted([
      { ...calling('pay', { amount: 1 }), reasoning: 'hm', text: 'ok' },
      { refusal: 'no' },
    ])
    for (const event of await all(run.ai.runStream({ input: 'go' }))) {
      if (event.type === 'final_response' || event.type === 'execution_event') continue
      expect(Object.values(event)).not.toContain(undefined)
      expect(Object.values(event)).not.toContain(null)
      expect(event).toHaveProperty('responseId')
    }
  })

  it('of a server that leaves the end of arguments out are whole all the same', async () => {
    const done = { type: 'response.output_item.done', output_index: 0, item: { ...added.item, arguments: '{"a":1}' } }
    expect(await all(normalizeStream(of(created, added, done), 'responses'))).toContainEqual({
      type: 'function_call_args_done',
      arguments: '{"a":1}',
      ...call,
    })
  })

  it('a source that nobody knows is refused', async () => {
    await expect(all(normalizeStream(of(), 'nope' as never))).rejects.toThrow('source')
  })

  it('of a stream that throws end with response_failed, and the error is thrown on', async () => {
    async function* broken(): AsyncGenerator {
      yield created
      throw new Error('socket')
    }
    const seen: StreamEvent[] = []
    const read = async (): Promise<void> => {
      for await (const event of normalizeStream(broken(), 'responses')) seen.push(event)
    }
    await expect(read()).rejects.toThrow('socket')
    expect(seen).toEqual([{ type: 'response_failed', error: { message: 'socket' } }])
  })
})

describe('one and the same run, on every wire and framework', () => {
  const script: readonly ScriptedTurn[] = [
    { reasoning: 'Let me think.', calls: [{ name: 'pay', arguments: { amount: 5 } }, { name: 'wipe' }] },
    { text: 'Paid it, but I may not wipe.' },
  ]
  const expected = [
    ['call', 'call_0_0', 'pay', { amount: 5 }],
    ['call', 'call_0_1', 'wipe', {}],
    ['execution', 'pay', 'call_0_0', 'executed'],
    ['execution', 'wipe', 'call_0_1', 'blocked'],
    ['text', 'Paid it, but I may not wipe.'],
  ]
  const answered = { pay: z.object({ amount: z.number() }), wipe: z.object({}) }

  it('ours, over the Responses API', async () => {
    await using run = await scripted(script)
    expect(said(await all(run.ai.runStream({ input: 'go' })))).toEqual([['reasoning', 'Let me think.'], ...expected])
  })

  it('the AI SDK, over either API', async () => {
    for (const api of ['responses', 'chat'] as const) {
      await using server = await modelServer(script)
      const openai = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' })
      const tools = governedTools(
        {
          pay: tool({ inputSchema: answered.pay, execute: () => 'paid' }),
          wipe: tool({ inputSchema: answered.wipe, execute: () => 'wiped' }),
        },
        { governor: governorWith() },
      )
      const model = openai[api]('gpt-5.1')
      const result = streamText({ model, tools, prompt: 'go', stopWhen: isStepCount(5), onError: () => undefined })
      const events = said(await all(normalizeStream(result.stream, 'ai-sdk')))
      const withReasoning = api === 'responses' ? [['reasoning', 'Let me think.']] : []
      expect(new Set(events.map(event => JSON.stringify(event)))).toEqual(
        new Set([...withReasoning, ...expected].map(event => JSON.stringify(event))),
      )
    }
  })

  it('LangChain, over either API', async () => {
    for (const useResponsesApi of [true, false]) {
      await using server = await modelServer(script)
      const tools = [
        langChainTool(() => 'paid', { name: 'pay', description: 'Pays', schema: answered.pay }),
        langChainTool(() => 'wiped', { name: 'wipe', description: 'Wipes', schema: answered.wipe }),
      ]
      const model = new ChatOpenAI({
        model: 'gpt-5.1',
        apiKey: 'none',
        streaming: true,
        useResponsesApi,
        configuration: { baseURL: `${server.url}/v1` },
      })
      const agent = createAgent({
        model,
        tools,
        middleware: [governanceMiddleware({ governor: governorWith(), tools })],
      })
      const stream = agent.streamEvents({ messages: [new HumanMessage('go')] }, { version: 'v2' })
      const events = said(await all(normalizeStream(stream as AsyncIterable<unknown>, 'langchain')))
      const withoutReasoning = events.filter(event => (event as readonly unknown[])[0] !== 'reasoning')
      expect(new Set(withoutReasoning.map(event => JSON.stringify(event)))).toEqual(
        new Set(expected.map(event => JSON.stringify(event))),
      )
      expect(withoutReasoning).toHaveLength(expected.length)
    }
  })

  it('raw chunks of Chat Completions', async () => {
    await using server = await modelServer(script)
    const client = clientOf(server)
    const chunks = await client.chat.completions.create({
      model: 'm',
      messages: [],
      stream: true,
      stream_options: { include_usage: true },
    })
    const events = await all(normalizeStream(chunks, 'chat'))
    expect(said(events)).toEqual([['reasoning', 'Let me think.'], ...expected.slice(0, 2)])
    expect(events.at(-1)).toMatchObject({
      type: 'response_done',
      reason: 'tool_calls',
      usage: { totalTokens: 70 },
      responseId: 'chatcmpl_0',
    })
  })
})

describe('a stream that does not come to its end', () => {
  const script: ScriptedTurn = calling('pay', { amount: 5 })

  it.each([2, 3, 4, 5, 6])(
    'cut after %i frames, nothing is executed or decided, and the error is typed',
    async cutAfter => {
      await using run = await scripted([{ ...script, cutAfter }])
      const seen: string[] = []
      const read = async (): Promise<void> => {
        for await (const event of run.ai.runStream({ input: 'go' })) seen.push(event.type)
      }
      await expect(read()).rejects.toMatchObject({ name: 'ProviderResponseError', problem: 'cut' })
      expect(seen).not.toContain('execution_event')
      expect(run.ran).toEqual([])
      expect(await run.governor.decisions.list()).toEqual([])
    },
  )

  it('that just ends is cut too', async () => {
    await using server = await replayServer({
      '/responses': [streamed([{ type: 'response.created', response: { id: 'resp_1' } }])],
    })
    const { ai } = await aiFor(server.url)
    await expect(all(ai.runStream({ input: 'go' }))).rejects.toMatchObject({ problem: 'cut' })
  })

  it('that fails tells so, in the provider’s words, and ends in a typed error', async () => {
    const failed = [
      { type: 'response.created', response: { id: 'resp_1' } },
      {
        type: 'response.failed',
        response: { id: 'resp_1', status: 'failed', error: { code: 'server_error', message: 'sorry' } },
      },
    ]
    await using server = await replayServer({ '/responses': [streamed(failed)] })
    const { ai } = await aiFor(server.url)
    const seen: StreamEvent[] = []
    const read = async (): Promise<void> => {
      for await (const event of ai.runStream({ input: 'go' })) seen.push(event)
    }
    await expect(read()).rejects.toBeInstanceOf(ProviderResponseError)
    expect(seen).toEqual([
      { type: 'response_failed', error: { code: 'server_error', message: 'sorry' }, responseId: 'resp_1' },
    ])
  })

  it('is let go of by whoever stops reading, and nothing more is executed', async () => {
    const calls = [1, 2, 3].map(amount => ({ name: 'pay', arguments: { amount } }))
    await using run = await scripted([{ calls }, { text: 'Done.' }])
    for await (const event of run.ai.runStream({ input: 'go' })) if (event.type === 'execution_event') break
    expect(run.ran).toEqual(['pay 1'])
    expect(run.server.requests).toHaveLength(1)
  })

  it('is called off by the signal in the middle of an answer', async () => {
    const controller = new AbortController()
    await using run = await scripted([{ ...script, text: 'a long text '.repeat(20), delayMs: 1 }])
    const read = async (): Promise<void> => {
      for await (const event of run.ai.runStream({ input: 'go', signal: controller.signal })) {
        if (event.type === 'llm_delta') controller.abort(new Error('enough'))
      }
    }
    await expect(read()).rejects.toThrow('enough')
    expect(run.ran).toEqual([])
  })
})

async function aiFor(url: string) {
  const { createGovernedOpenAI } = await import('countersign/openai')
  const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 })
  return { ai: createGovernedOpenAI({ client, governor: governorWith(), model: 'm' }) }
}

describe.skipIf(!hasFixtures)(`recorded streams (${NEEDS_FIXTURES})`, () => {
  it.each([
    'packages/openai/src/responses/__fixtures__/openai-reasoning-encrypted-content.1.chunks.txt',
    'packages/open-responses/src/responses/__fixtures__/lmstudio-tool-call.1.chunks.txt',
    'packages/azure/src/__fixtures__/azure-tool-call.1.chunks.txt',
  ])('%s: every event of a call names the call, its tool and its answer', async path => {
    const parts = recorded(path).flatMap(step => ('frames' in step ? step.frames : []))
    const events = parts.map(frame => /data: (\{.*\})/.exec(String(frame))?.[1]).filter(text => text !== undefined)
    const told = await all(normalizeStream(of(...events.map(text => JSON.parse(text) as unknown)), 'responses'))
    const calls = told.filter(event => event.type.startsWith('function_call'))
    expect(calls.length).toBeGreaterThan(0)
    for (const event of calls) {
      expect(event).toMatchObject({
        callId: expect.any(String),
        name: expect.any(String),
        responseId: expect.any(String),
        itemId: expect.any(String),
      })
    }
  })
})
