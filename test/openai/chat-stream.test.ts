import {
  ChatCompletionStreamHandler,
  type ChatRunEvent,
  functionTool,
  MaxIterationsReachedError,
  type RegisteredTool,
  streamUntilUserInput,
  streamUntilUserInputEvents,
  type StreamUntilUserInputOptions,
  toolResult,
  zodTool,
} from 'countersign/openai'
import { modelServer, replayServer, type ScriptedTurn, streamed } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { all, calling, clientOf, governorWith, outputsIn } from './support.js'

type Settings = Partial<StreamUntilUserInputOptions>

async function loopOver(script: Parameters<typeof modelServer>[0], settings: Settings = {}) {
  const server = await modelServer(script)
  const ran: unknown[] = []
  const governor = settings.governor ?? governorWith()
  const options: StreamUntilUserInputOptions = {
    client: clientOf(server),
    governor,
    model: 'gpt-5.1',
    messages: [{ role: 'user', content: 'go' }],
    tools: toolsOf(ran),
    ...settings,
  }
  return { server, ran, governor, options, [Symbol.asyncDispose]: server.close }
}

const toolsOf = (ran: unknown[]): readonly RegisteredTool[] => [
  zodTool({
    name: 'pay',
    description: 'Pays',
    parameters: z.object({ amount: z.number(), note: z.string().optional() }),
    execute: (input, { context }) => {
      ran.push(input)
      return `paid ${input.amount} for ${String(context)}`
    },
  }),
  functionTool({ name: 'wipe', execute: () => ran.push('wipe') }),
  functionTool({
    name: 'fail',
    execute: () => {
      throw new Error('secret-in-a-message')
    },
  }),
]

describe('streamUntilUserInput', () => {
  it('streams, executes what is allowed, and ends with the model’s words, the whole conversation, and a usage for each request', async () => {
    await using loop = await loopOver([calling('pay', { amount: 5 }), { text: 'Paid.' }], { context: 'ada' })
    const result = await streamUntilUserInput(loop.options)
    expect(loop.ran).toEqual([{ amount: 5 }])
    expect(result.text).toBe('Paid.')
    expect(result.usages).toHaveLength(2)
    expect(result.usages[0]?.total_tokens).toBe(70)
    const messages = result.toInputList()
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
    expect(JSON.parse(JSON.stringify(messages))).toEqual(messages)
    expect(outputsIn(loop.server)).toEqual([{ status: 'executed', output: 'paid 5 for ada' }])
    const [first] = loop.server.requests
    expect(first?.body).toMatchObject({ stream: true, stream_options: { include_usage: true }, model: 'gpt-5.1' })
    expect(first?.body.tools[0]).toEqual({
      type: 'function',
      function: {
        name: 'pay',
        description: 'Pays',
        strict: true,
        parameters: {
          type: 'object',
          properties: { amount: { type: 'number' }, note: { type: ['string', 'null'] } },
          required: ['amount', 'note'],
          additionalProperties: false,
        },
      },
    })
  })

  it('decides on every call, one at a time and in order', async () => {
    const calls = [
      { name: 'pay', arguments: { amount: 1 } },
      { name: 'wipe' },
      { name: 'pay', arguments: { amount: 400 } },
    ]
    await using loop = await loopOver([{ calls }, { text: 'Done.' }])
    const { events } = await streamUntilUserInput(loop.options)
    expect(events.map(({ status, seq }) => [status, seq])).toEqual([
      ['executed', 0],
      ['blocked', 1],
      ['approval_required', 2],
    ])
    expect(loop.ran).toEqual([{ amount: 1 }])
    expect(await loop.governor.decisions.list()).toHaveLength(3)
  })

  it('asks about held calls at once, where it was told whom', async () => {
    await using loop = await loopOver([calling('pay', { amount: 400 }), { text: 'Done.' }], {
      onApprovalRequired: () => ({ resolution: 'approved', by: 'boss' }),
    })
    await streamUntilUserInput(loop.options)
    expect(loop.ran).toEqual([{ amount: 400 }])
  })

  it('raises where the model keeps calling tools; nothing of its last answer runs', async () => {
    await using loop = await loopOver(() => calling('pay', { amount: 1 }), { maxIterations: 3 })
    await expect(streamUntilUserInput(loop.options)).rejects.toBeInstanceOf(MaxIterationsReachedError)
    expect(loop.server.requests).toHaveLength(3)
    expect(loop.ran).toHaveLength(2)
  })

  it('passes options on, and takes a fallback for names that were never declared', async () => {
    await using loop = await loopOver([calling('hidden'), { text: 'Done.' }], {
      request: { temperature: 0.1, tool_choice: 'required' },
      fallback: name => (name === 'hidden' ? functionTool({ name, execute: () => 'found' }) : undefined),
    })
    await streamUntilUserInput(loop.options)
    expect(outputsIn(loop.server)).toEqual([{ status: 'executed', output: 'found' }])
    expect(loop.server.requests[0]?.body).toMatchObject({ temperature: 0.1, tool_choice: 'required' })
    expect(loop.server.requests[1]?.body).not.toHaveProperty('tool_choice')
  })

  it('gives content to the model and metadata to listeners', async () => {
    const tools = [functionTool({ name: 'look', execute: () => toolResult('seen', { rows: 3 }) })]
    await using loop = await loopOver([calling('look'), { text: 'Done.' }], { tools })
    const { events } = await streamUntilUserInput(loop.options)
    expect(events[0]).toMatchObject({ output: 'seen', metadata: { rows: 3 } })
    expect(JSON.stringify(loop.server.requests)).not.toContain('rows')
  })

  it('refuses two tools of one name, and options that nobody knows', async () => {
    await using loop = await loopOver([])
    const twice = [functionTool({ name: 'a', execute: () => 1 }), functionTool({ name: 'a', execute: () => 2 })]
    await expect(streamUntilUserInput({ ...loop.options, tools: twice })).rejects.toThrow('two tools "a"')
    await expect(streamUntilUserInput({ ...loop.options, maxIteration: 3 } as never)).rejects.toThrow('"maxIterations"')
    await expect(streamUntilUserInput({ ...loop.options, tools: [{ type: 'function' }] as never })).rejects.toThrow(
      'zodTool',
    )
  })
})

describe('a tool that fails', () => {
  const script = [calling('fail'), { text: 'Sorry.' }]

  it('is told to the model in words that hold no secret, by default', async () => {
    await using loop = await loopOver(script)
    const { text } = await streamUntilUserInput(loop.options)
    expect(text).toBe('Sorry.')
    expect(outputsIn(loop.server)[0]).toMatchObject({ status: 'tool_error', reason: 'Tool invocation failed.' })
    expect(JSON.stringify(loop.server.requests)).not.toContain('secret-in-a-message')
  })

  it('throws its error with `raise`, past whoever reads the events', async () => {
    await using loop = await loopOver(script, { onToolError: 'raise' })
    await expect(streamUntilUserInput(loop.options)).rejects.toThrow('secret-in-a-message')
    await using events = await loopOver(script, { onToolError: 'raise' })
    await expect(all(streamUntilUserInputEvents(events.options))).rejects.toThrow('secret-in-a-message')
  })

  it('ends the run as failed with `abort`', async () => {
    await using loop = await loopOver(script, { onToolError: 'abort' })
    const events = await all(streamUntilUserInputEvents(loop.options))
    expect(events.at(-1)).toMatchObject({ type: 'run_failed', error: { message: 'secret-in-a-message' } })
    expect(loop.server.requests).toHaveLength(1)
    await using again = await loopOver(script, { onToolError: 'abort' })
    await expect(streamUntilUserInput(again.options)).rejects.toThrow('secret-in-a-message')
  })

  it('is not what arguments that are none, an unknown tool, or a refusal are', async () => {
    const calls = [{ name: 'pay', arguments: '{' }, { name: 'nope' }, { name: 'wipe' }]
    await using loop = await loopOver([{ calls }, { text: 'Done.' }], { onToolError: 'raise' })
    const { events, text } = await streamUntilUserInput(loop.options)
    expect(text).toBe('Done.')
    expect(events.map(({ status }) => status)).toEqual(['tool_error', 'blocked', 'blocked'])
  })
})

describe('the hooks of a handler', () => {
  class Noting extends ChatCompletionStreamHandler {
    readonly seen: string[] = []
    override onEvent(event: { readonly type: string }): void {
      this.seen.push(`event ${event.type}`)
    }
  }
  /** Every hook notes its name. */
  const noting = (): Noting => {
    const handler = new Noting()
    for (const name of Object.getOwnPropertyNames(ChatCompletionStreamHandler.prototype)) {
      if (name === 'constructor' || name === 'onEvent') continue
      Object.defineProperty(handler, name, { value: () => void handler.seen.push(name) })
    }
    return handler
  }

  it('are called in order, the common one first', async () => {
    const handler = noting()
    await using loop = await loopOver(
      [{ ...calling('pay', { amount: 5 }), text: 'ok', reasoning: 'hm' }, { refusal: 'no' }],
      { handler },
    )
    await streamUntilUserInput(loop.options)
    const kinds = handler.seen.filter((name, index, all) => name !== all[index - 2])
    expect(new Set(kinds)).toMatchInlineSnapshot(`
      Set {
        "onIterationStarted",
        "event chunk",
        "onChunk",
        "event reasoning.delta",
        "onReasoningDelta",
        "event content.delta",
        "onContentDelta",
        "event tool_calls.function.arguments.delta",
        "onToolCallsFunctionArgumentsDelta",
        "event content.done",
        "onContentDone",
        "event tool_calls.function.arguments.done",
        "onToolCallsFunctionArgumentsDone",
        "onIterationCompleted",
        "onToolCallStarted",
        "onToolCallCompleted",
        "event refusal.delta",
        "onRefusalDelta",
        "event refusal.done",
        "onRefusalDone",
        "onRunCompleted",
      }
    `)
    for (const [index, name] of handler.seen.entries()) {
      if (name.startsWith('event ')) expect(handler.seen[index + 1]).toBe(hookOf(name.slice(6)))
    }
  })

  it('are given logprobs', async () => {
    const choice = (delta: object, logprobs: object | null, finish_reason: string | null) => ({
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs, finish_reason }],
    })
    const chunks = [
      choice({ content: 'a' }, { content: [{ token: 'a' }], refusal: null }, null),
      choice({ refusal: 'b' }, { content: null, refusal: [{ token: 'b' }] }, null),
      choice({}, null, 'stop'),
    ]
    await using server = await replayServer({ '/chat/completions': [streamed(chunks)] })
    await using loop = await loopOver([], { client: clientOf(server), handler: noting() })
    await streamUntilUserInput(loop.options)
    expect((loop.options.handler as Noting).seen.filter(name => name.startsWith('onLog'))).toEqual([
      'onLogprobsContentDelta',
      'onLogprobsRefusalDelta',
      'onLogprobsContentDone',
      'onLogprobsRefusalDone',
    ])
  })

  it('see names, arguments so far, and the parsed end of a call', async () => {
    await using loop = await loopOver([calling('pay', { amount: 5 }), { text: '{"a":1}' }], {
      request: { response_format: { type: 'json_object' } },
    })
    const events = (await all(streamUntilUserInputEvents(loop.options))).flatMap(event =>
      event.type === 'stream_event' ? [event.event] : [],
    )
    const deltas = events.flatMap(event => (event.type === 'tool_calls.function.arguments.delta' ? [event] : []))
    expect(deltas.at(-1)).toMatchObject({ name: 'pay', index: 0, callId: 'call_0_0', arguments: '{"amount":5}' })
    expect(deltas.map(event => event.arguments_delta).join('')).toBe('{"amount":5}')
    expect(events.find(({ type }) => type === 'tool_calls.function.arguments.done')).toMatchObject({
      name: 'pay',
      parsed_arguments: { amount: 5 },
    })
    expect(events.find(({ type }) => type === 'content.done')).toMatchObject({ content: '{"a":1}', parsed: { a: 1 } })
    const chunk = events.find(({ type }) => type === 'chunk')
    expect(chunk).toMatchObject({
      snapshot: { object: 'chat.completion', choices: [{ message: { role: 'assistant' } }] },
    })
  })

  it('that throw end the run before anything more is executed', async () => {
    class Failing extends ChatCompletionStreamHandler {
      override onContentDelta(): void {
        throw new Error('page gone')
      }
    }
    await using loop = await loopOver([{ ...calling('pay', { amount: 5 }), text: 'ok' }], { handler: new Failing() })
    await expect(streamUntilUserInput(loop.options)).rejects.toThrow('page gone')
    expect(loop.ran).toEqual([])
  })
})

/** `tool_calls.function.arguments.delta` → `onToolCallsFunctionArgumentsDelta`. */
function hookOf(type: string): string {
  return `on${type.replaceAll(/(?:^|[._])(\w)/g, (_, letter: string) => letter.toUpperCase())}`
}

describe('the loop as events', () => {
  it('tells of iterations and calls, in order', async () => {
    const calls = [{ name: 'pay', arguments: { amount: 5 } }, { name: 'fail' }]
    await using loop = await loopOver([{ calls }, { text: 'Done.' }])
    const events: ChatRunEvent[] = await all(streamUntilUserInputEvents(loop.options))
    expect(events.filter(({ type }) => type !== 'stream_event').map(({ type }) => type)).toEqual([
      'iteration_started',
      'iteration_completed',
      'tool_call_started',
      'tool_call_completed',
      'tool_call_started',
      'tool_call_failed',
      'iteration_started',
      'iteration_completed',
      'run_completed',
    ])
  })

  it.each([1, 2, 3, 4])(
    'of a stream that is cut after %i frames end as failed, and nothing was executed',
    async cutAfter => {
      await using loop = await loopOver([{ ...calling('pay', { amount: 5 }), cutAfter }])
      const events = await all(streamUntilUserInputEvents(loop.options))
      expect(events.at(-1)).toMatchObject({ type: 'run_failed', error: { problem: 'cut' } })
      expect(loop.ran).toEqual([])
    },
  )
})

describe('providers that write calls in their own way', () => {
  const calls = ['Tokyo', 'Paris'].map(city => ({ name: 'weather', arguments: { city } }))
  const weather = (cities: unknown[]): RegisteredTool =>
    zodTool({ name: 'weather', parameters: z.object({ city: z.string() }), execute: ({ city }) => cities.push(city) })

  it.each(['position', 'null', 'missing', 'zero'] as const)(
    'two calls whose index is %s are two calls',
    async index => {
      const cities: unknown[] = []
      await using loop = await loopOver([{ calls, index }, { text: 'Done.' }], { tools: [weather(cities)] })
      const { events } = await streamUntilUserInput(loop.options)
      expect(cities).toEqual(['Tokyo', 'Paris'])
      expect(events.map(({ callId }) => callId)).toEqual(['call_0_0', 'call_0_1'])
    },
  )

  it('a thought signature goes back as it came', async () => {
    const extra = { extra_content: { google: { thought_signature: 'sig-1' } } }
    const cities: unknown[] = []
    const script: readonly ScriptedTurn[] = [{ calls: [{ ...calls[0]!, extra }], index: 'null' }, { text: 'Done.' }]
    await using loop = await loopOver(script, { tools: [weather(cities)] })
    const result = await streamUntilUserInput(loop.options)
    expect(loop.server.requests[1]?.body.messages[1].tool_calls).toEqual([
      { id: 'call_0_0', type: 'function', function: { name: 'weather', arguments: '{"city":"Tokyo"}' }, ...extra },
    ])
    expect(JSON.stringify(result.toInputList())).toContain('sig-1')
  })

  it('calls without ids, and arguments that are not text, are put right', async () => {
    const entry = (index: number | null, city: string) => ({
      index,
      function: { name: 'weather', arguments: { city } },
    })
    const delta = { tool_calls: [entry(null, 'Tokyo'), entry(null, 'Paris')] }
    const chunks = [
      { id: 'c', choices: [{ index: 0, delta, finish_reason: null }] },
      { id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ]
    const last = [{ id: 'd', choices: [{ index: 0, delta: { content: 'Done.' }, finish_reason: 'stop' }] }]
    await using server = await replayServer({ '/chat/completions': [streamed(chunks), streamed(last)] })
    const cities: unknown[] = []
    await using loop = await loopOver([], { client: clientOf(server), tools: [weather(cities)] })
    const { events } = await streamUntilUserInput(loop.options)
    expect(cities).toEqual(['Tokyo', 'Paris'])
    expect(events.map(({ callId }) => callId)).toEqual(['call_c_0', 'call_c_1'])
  })

  it('two objects run together are not executed', async () => {
    const cities: unknown[] = []
    const one = { name: 'weather', arguments: '{"city":"Tokyo"}{"city":"Paris"}' }
    await using loop = await loopOver([{ calls: [one] }, { text: 'Done.' }], { tools: [weather(cities)] })
    await streamUntilUserInput(loop.options)
    expect(cities).toEqual([])
  })

  it('reasoning goes back beside calls, and not with the answer after them', async () => {
    const cities: unknown[] = []
    await using loop = await loopOver(
      [
        { calls: [calls[0]!], reasoning: 'hm' },
        { text: 'Done.', reasoning: 'so' },
      ],
      { tools: [weather(cities)] },
    )
    const messages = (await streamUntilUserInput(loop.options)).toInputList() as any[]
    expect(messages[1].reasoning_content).toBe('hm')
    expect(messages[3]).not.toHaveProperty('reasoning_content')
  })
})
