import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { type AIMessageChunk, HumanMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatGoogle } from '@langchain/google'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { ChatOpenAI } from '@langchain/openai'
import { createGovernor, memoryStore } from 'countersign'
import { governedTools } from 'countersign/langchain'
import { describe, expect, it } from 'vitest'
import { ANTHROPIC, COMPATIBLE, GEMINI, LM_STUDIO } from '../support/recordings.js'
import { hasFixtures, NEEDS_FIXTURES, recorded, replayServer } from '../support/replay-server.js'
import { callsIn, type RecordedCall } from './recorded-calls.js'

interface Row {
  readonly provider: string
  readonly files: readonly string[]
  readonly routes: readonly string[]
  readonly model: (url: string) => BaseChatModel
}

const openai = (url: string, useResponsesApi: boolean): ChatOpenAI =>
  new ChatOpenAI({
    model: 'any',
    apiKey: 'none',
    useResponsesApi,
    maxRetries: 0,
    configuration: { baseURL: `${url}/v1` },
  })

const rows: readonly Row[] = [
  {
    provider: '@langchain/anthropic',
    files: ANTHROPIC,
    routes: ['/messages'],
    model: url =>
      new ChatAnthropic({ model: 'claude-sonnet-4-5', apiKey: 'none', anthropicApiUrl: url, maxRetries: 0 }),
  },
  {
    provider: '@langchain/google',
    files: GEMINI,
    routes: [':generateContent', ':streamGenerateContent'],
    model: url => new ChatGoogle({ model: 'gemini-3-pro-preview', apiKey: 'none', endpoint: url, maxRetries: 0 }),
  },
  { provider: '@langchain/openai', files: LM_STUDIO, routes: ['/responses'], model: url => openai(url, true) },
  { provider: '@langchain/openai', files: COMPATIBLE, routes: ['/chat/completions'], model: url => openai(url, false) },
]

/** Recordings that the packages, as they are today, read other calls from than were made: what they make of them is governed. */
const MISREAD: Readonly<Record<string, string>> = {
  'anthropic-programmatic-tool-calling.1.chunks.txt': 'calls that a message begins with are dropped',
  'spliced-message-start.chunks.txt': 'the two messages run together',
  'google-stream-no-args-tool-call.chunks.txt': 'arguments that come in parts are dropped',
  'google-stream-tool-call-arguments.chunks.txt': 'arguments that come in parts are dropped',
  'google-stream-tool-call-array-arguments-missing-terminal-function-call.chunks.txt':
    'arguments that come in parts are dropped',
  'lmstudio-tool-call.1.chunks.txt': 'arguments that come only with the end of their call are dropped',
  'lmstudio-tool-call.2.chunks.txt': 'arguments that come only with the end of their call are dropped',
}

async function answered(model: ReturnType<NonNullable<BaseChatModel['bindTools']>>, path: string) {
  const question = [new HumanMessage('go')]
  if (path.endsWith('.json')) return model.invoke(question)
  let message: AIMessageChunk | undefined
  for await (const chunk of await model.stream(question)) message = message?.concat(chunk) ?? chunk
  return message
}

describe.skipIf(!hasFixtures)(
  `recorded calls of each provider, through LangChain’s package of it, governed (${NEEDS_FIXTURES})`,
  () => {
    for (const { provider, files, routes, model } of rows) {
      it.each(files)(`${provider}: %s`, async path => {
        const calls = callsIn(path)
        const names = [...new Set(calls.map(({ name }) => name))]
        for (const effect of ['allow', 'deny'] as const) {
          const steps = recorded(path)
          await using server = await replayServer(Object.fromEntries(routes.map(route => [route, steps])))
          const ran: RecordedCall[] = []
          const governor = createGovernor({
            store: memoryStore(),
            policy: { rules: [{ id: 'all', tools: ['*'], effect }] },
          })
          const tools = names.map(name =>
            tool(input => void ran.push({ name, input }), { name, description: name, schema: { type: 'object' } }),
          )
          const governed = new ToolNode(governedTools(tools, { governor }))
          const bound = model(server.url).bindTools!(tools)
          const proposed: RecordedCall[] = []
          for (const _ of steps) {
            const message = await answered(bound, path)
            if (!message?.tool_calls?.length) continue
            const named = message.tool_calls.filter(({ name }) => names.includes(name))
            proposed.push(...named.map(({ name, args: input }) => ({ name, input })))
            await governed.invoke({ messages: [message] })
          }
          // Same calls, in the same order, one decision for each.
          if (Object.hasOwn(MISREAD, path.split('/').at(-1) ?? '')) expect(proposed).not.toEqual(calls)
          else expect(proposed).toEqual(calls)
          expect(ran).toEqual(effect === 'allow' ? proposed : [])
          const decisions = await governor.decisions.list({ limit: 100 })
          expect(decisions.map(({ tool }) => tool).toSorted()).toEqual(proposed.map(({ name }) => name).toSorted())
          expect(decisions.map(({ result }) => result)).toEqual(
            proposed.map(() => (effect === 'allow' ? 'allowed' : 'blocked')),
          )
        }
      })
    }
  },
)
