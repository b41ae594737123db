import { HumanMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { MemorySaver } from '@langchain/langgraph'
import { ChatOpenAI } from '@langchain/openai'
import { governanceMiddleware, governedTool } from 'countersign/langchain'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  cutAfter,
  hasFixtures,
  NEEDS_FIXTURES,
  recorded,
  type ReplayStep,
  replayServer,
  through,
} from '../support/replay-server.js'
import { decisionsOf, governorWith, statuses, thread, toolMessages } from './support.js'

const LOOP = 'packages/openai/src/responses/__fixtures__/openai-reasoning-encrypted-content.1.chunks.txt'
const FINAL_TEXT = 'The final result is **570**.'

const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
}

const makeCalculator = () => {
  const ran: string[] = []
  const calculator = tool(
    async ({ a, b, op }) => {
      ran.push(`${a} ${op} ${b}`)
      return String(OPERATIONS[op]?.(a, b))
    },
    {
      name: 'calculator',
      description: 'A minimal calculator for basic arithmetic. Call it once per step.',
      schema: z.object({
        a: z.number(),
        b: z.number(),
        op: z.enum(['add', 'subtract', 'multiply', 'divide']).default('add'),
      }),
    },
  )
  return { calculator, ran }
}

/** The client as it comes; nothing is stored at the provider, so reasoning goes back and forth encrypted. */
const modelAt = (url: string): ChatOpenAI =>
  new ChatOpenAI({
    model: 'gpt-5.1-codex-max',
    apiKey: 'test',
    useResponsesApi: true,
    zdrEnabled: true,
    streaming: true,
    maxRetries: 0,
    configuration: { baseURL: `${url}/v1` },
  })

const question = { messages: [new HumanMessage('Compute (12 + 7) * 3 * 10 step by step.')] }

describe.skipIf(!hasFixtures)(`a recorded loop of a real provider (${NEEDS_FIXTURES})`, () => {
  it.each([
    ['by the middleware', 'middleware', false],
    ['by the middleware that may ask', 'middleware', true],
    ['by governed tools', 'tools', false],
  ] as const)('gives three governed tool runs, four requests and the same text, governed %s', async (_, way, asks) => {
    await using server = await replayServer({ '/responses': recorded(LOOP) })
    const governor = governorWith()
    const { calculator, ran } = makeCalculator()
    const agent = createAgent({
      model: modelAt(server.url),
      tools: [way === 'tools' ? governedTool(calculator, { governor }) : calculator],
      middleware: way === 'middleware' ? [governanceMiddleware({ governor })] : [],
      ...(asks ? { checkpointer: new MemorySaver() } : {}),
    })
    const { messages } = await agent.invoke(question, asks ? thread() : {})
    expect(ran).toEqual(['12 add 7', '19 multiply 3', '57 multiply 10'])
    expect(server.requests).toHaveLength(4)
    expect(messages.at(-1)?.text).toBe(FINAL_TEXT)
    const decisions = await decisionsOf(governor)
    expect(decisions.map(({ tool, result, execution }) => [tool, result, execution?.status])).toEqual(
      Array.from({ length: 3 }, () => ['calculator', 'allowed', 'executed']),
    )
    expect(new Set(decisions.map(({ model }) => model))).toEqual(new Set(['gpt-5.1-codex-max']))
  })

  it('answers a forbidden call so that the provider goes on', async () => {
    await using server = await replayServer({ '/responses': recorded(LOOP) })
    const governor = governorWith({
      policy: [
        { id: 'add', tools: ['calculator'], when: { 'input.op': 'add' }, effect: 'allow' },
        { id: 'no-multiply', tools: ['calculator'], when: { 'input.op': 'multiply' }, effect: 'deny' },
      ],
    })
    const { calculator, ran } = makeCalculator()
    const agent = createAgent({
      model: modelAt(server.url),
      tools: [calculator],
      middleware: [governanceMiddleware({ governor })],
    })
    const { messages } = await agent.invoke(question)
    expect(ran).toEqual(['12 add 7'])
    expect(Object.values(toolMessages(messages)).map(message => message.status)).toEqual(['success', 'error', 'error'])
    const outputs = server.requests.at(-1)?.body.input.filter((item: any) => item.type === 'function_call_output')
    expect(outputs.map((item: any) => item.output)).toEqual([
      '19',
      expect.stringMatching(/not executed: it was blocked by policy/),
      expect.stringMatching(/not executed: it was blocked by policy/),
    ])
  })

  it.each([
    'response.function_call_arguments.delta',
    'response.output_item.done',
    'response.function_call_arguments.done',
  ])('executes nothing of a stream that is cut after its first %s', async type => {
    const [first] = recorded(LOOP)
    await using server = await replayServer({ '/responses': [cutAfter(first, through(first, type))] })
    const governor = governorWith()
    const { calculator, ran } = makeCalculator()
    const agent = createAgent({
      model: modelAt(server.url),
      tools: [calculator],
      middleware: [governanceMiddleware({ governor })],
    })
    await expect(agent.invoke(question)).rejects.toThrow()
    expect(ran).toEqual([])
    expect(await decisionsOf(governor)).toEqual([])
  })
})

/** An answer of a chat completion provider; the ids of its calls begin anew in every turn. */
let answers = 0
const completion = (message: object, finish_reason: string): ReplayStep => ({
  body: {
    id: `chatcmpl-${++answers}`,
    object: 'chat.completion',
    created: 1,
    model: 'local-model',
    choices: [{ index: 0, finish_reason, message: { role: 'assistant', content: null, ...message } }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  },
})

const calling = (...calls: readonly (readonly [string, object])[]): ReplayStep =>
  completion(
    {
      tool_calls: calls.map(([name, args], index) => ({
        id: `call_${index}`,
        type: 'function',
        function: { name, arguments: JSON.stringify(args) },
      })),
    },
    'tool_calls',
  )

const saying = (content: string): ReplayStep => completion({ content }, 'stop')

describe('a provider that speaks chat completions', () => {
  it('is governed alike, and its repeating call ids are told apart', async () => {
    const routes = {
      '/chat/completions': [
        calling(['calculator', { a: 1, b: 2, op: 'add' }], ['calculator', { a: 1, b: 0, op: 'divide' }]),
        calling(['calculator', { a: 1, b: 2, op: 'add' }], ['calculator', { a: 1, b: 0, op: 'divide' }]),
        saying('3'),
      ],
    }
    await using server = await replayServer(routes)
    const governor = governorWith({
      policy: [
        { id: 'no-zero', tools: ['calculator'], when: { 'input.op': 'divide', 'input.b': 0 }, effect: 'deny' },
        { id: 'rest', tools: ['calculator'], effect: 'allow' },
      ],
    })
    const { calculator, ran } = makeCalculator()
    const agent = createAgent({
      model: new ChatOpenAI({
        model: 'local-model',
        apiKey: 'test',
        maxRetries: 0,
        configuration: { baseURL: `${server.url}/v1` },
      }),
      tools: [calculator],
      middleware: [governanceMiddleware({ governor })],
    })
    const { messages } = await agent.invoke(question)
    expect(messages.at(-1)?.text).toBe('3')
    expect(ran).toEqual(['1 add 2', '1 add 2'])
    expect(await statuses(governor)).toEqual([
      'call_0: allowed, executed',
      'call_0: allowed, executed',
      'call_1: blocked, blocked',
      'call_1: blocked, blocked',
    ])
    expect(new Set((await decisionsOf(governor)).map(({ callId }) => callId)).size).toBe(4)
  })
})
