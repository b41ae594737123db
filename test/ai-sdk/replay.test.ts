import { createOpenAI } from '@ai-sdk/openai'
import { generateText, type LanguageModel, streamText, tool } from 'ai'
import { createGovernor, type Governor, memoryStore, rule } from 'countersign'
import { governedTools, withGovernance } from 'countersign/ai-sdk'
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

const LOOP = 'packages/openai/src/responses/__fixtures__/openai-reasoning-encrypted-content.1.chunks.txt'
const stopWhen = ({ steps }: { readonly steps: readonly unknown[] }): boolean => steps.length >= 6

function calculator(ran: string[]) {
  return tool({
    description: 'A calculator',
    inputSchema: z.object({ a: z.number(), b: z.number(), op: z.enum(['add', 'subtract', 'multiply', 'divide']) }),
    execute: async ({ a, b, op }) => {
      ran.push(`${a} ${op} ${b}`)
      return op === 'add' ? a + b : a * b
    },
  })
}

function governor(...denied: readonly string[]): Governor {
  return createGovernor({
    policy: [rule('no', { tools: denied, effect: 'deny', reason: 'not today' })].slice(0, denied.length),
    unlisted: 'allow',
    store: memoryStore(),
  })
}

/** The unmodified provider, against recorded answers. */
async function provider(route: string, steps: readonly ReplayStep[]) {
  const server = await replayServer({ [route]: steps })
  const openai = createOpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' })
  return { server, openai, [Symbol.asyncDispose]: server.close }
}

describe.skipIf(!hasFixtures)(`recorded provider streams (${NEEDS_FIXTURES})`, () => {
  it('the recorded loop: three governed runs, four requests, the recorded answer, three decisions', async () => {
    await using replay = await provider('/responses', recorded(LOOP))
    const ran: string[] = []
    const watched = governor()
    const result = streamText({
      model: replay.openai.responses('gpt-5.1-codex-max'),
      ...withGovernance({ calculator: calculator(ran) }, { governor: watched }),
      providerOptions: { openai: { store: false, include: ['reasoning.encrypted_content'] } },
      stopWhen,
      prompt: 'Calculate ((12 + 7) * 3) * 10.',
    })
    expect(await result.text).toBe('The final result is **570**.')
    expect(ran).toEqual(['12 add 7', '19 multiply 3', '57 multiply 10'])
    expect(replay.server.requests).toHaveLength(4)
    const decisions = await watched.decisions.list()
    expect(decisions.map(decision => decision.execution?.status)).toEqual(['executed', 'executed', 'executed'])
    const outputs = replay.server.requests.map(({ body }) =>
      body.input
        .filter((item: { type: string }) => item.type === 'function_call_output')
        .map((item: { output: string }) => item.output),
    )
    expect(outputs).toEqual([[], ['19'], ['19', '57'], ['19', '57', '570']])
  })

  it('the same loop under a deny: nothing runs, and the provider is sent the reason as each call’s output', async () => {
    await using replay = await provider('/responses', recorded(LOOP))
    const ran: string[] = []
    const watched = governor('calculator')
    const result = streamText({
      model: replay.openai.responses('gpt-5.1-codex-max'),
      ...withGovernance({ calculator: calculator(ran) }, { governor: watched }),
      providerOptions: { openai: { store: false } },
      stopWhen,
      prompt: 'go',
    })
    await result.consumeStream()
    expect(ran).toEqual([])
    expect(replay.server.requests).toHaveLength(4)
    const last = replay.server.requests
      .at(-1)
      ?.body.input.filter((item: { type: string }) => item.type === 'function_call_output')
    expect(last).toHaveLength(3)
    for (const item of last) expect(item.output).toContain('blocked by policy (not today)')
    expect(await watched.decisions.list({ status: 'blocked' })).toHaveLength(3)
  })

  it.each([
    ['during the arguments of a call', 'response.function_call_arguments.delta', 0, 'tool-input-delta', 0],
    ['after the call is complete', 'response.function_call_arguments.done', 1, 'tool-call', 1],
  ] as const)('a stream cut %s executes nothing and records no execution', async (_, frame, more, part, decided) => {
    const [first] = recorded(LOOP)
    const { promise: seen, resolve } = Promise.withResolvers<void>()
    await using replay = await provider('/responses', [cutAfter(first, through(first, frame) + more, seen)])
    const ran: string[] = []
    const watched = governor()
    const result = streamText({
      model: replay.openai.responses('gpt-5.1-codex-max'),
      ...withGovernance({ calculator: calculator(ran) }, { governor: watched }),
      providerOptions: { openai: { store: false } },
      stopWhen,
      maxRetries: 0,
      onError: () => undefined,
      prompt: 'go',
    })
    const types = new Set<string>()
    const read = async (): Promise<void> => {
      for await (const chunk of result.stream) {
        types.add(chunk.type)
        if (chunk.type === part) resolve()
      }
    }
    await expect(read()).rejects.toThrow('Failed to process successful response')
    expect(types).toContain(part)
    expect(ran).toEqual([])
    const decisions = await watched.decisions.list()
    expect(decisions).toHaveLength(decided)
    expect(decisions.filter(decision => decision.execution !== undefined)).toEqual([])
  })

  const weather = { location: 'San Francisco' }
  it.each([
    ['DeepSeek chat', 'packages/deepseek/src/chat/__fixtures__/deepseek-tool-call', 'chat', weather],
    ['xAI chat', 'packages/openai-compatible/src/chat/__fixtures__/xai-tool-call', 'chat', weather],
    ['Alibaba chat', 'packages/alibaba/src/__fixtures__/alibaba-tool-call', 'chat', weather],
    ['Azure responses', 'packages/azure/src/__fixtures__/azure-tool-call.1', 'responses', weather],
    [
      'LM Studio responses',
      'packages/open-responses/src/responses/__fixtures__/lmstudio-tool-call.1',
      'responses',
      weather,
    ],
  ] as const)(
    '%s: the recorded call is governed, streamed and not, allowed and denied',
    async (_, path, api, input) => {
      for (const file of ['.chunks.txt', '.json']) {
        for (const denied of [[], ['weather']]) {
          await using replay = await provider(
            api === 'chat' ? '/chat/completions' : '/responses',
            recorded(path + file),
          )
          const model: LanguageModel = api === 'chat' ? replay.openai.chat('gpt-4o') : replay.openai.responses('gpt-4o')
          const ran: unknown[] = []
          const watched = governor(...denied)
          const tools = governedTools({ weather: weatherTool(ran) }, { governor: watched })
          if (file === '.json') await generateText({ model, tools, prompt: 'go' })
          else await streamText({ model, tools, prompt: 'go' }).consumeStream()
          expect(ran).toEqual(denied.length === 0 ? [input] : [])
          const status = denied.length === 0 ? 'executed' : 'blocked'
          expect(await watched.decisions.list()).toMatchObject([{ tool: 'weather', execution: { status } }])
        }
      }
    },
  )

  it('a recorded call whose arguments the schema refuses is neither decided nor executed', async () => {
    await using replay = await provider(
      '/chat/completions',
      recorded('packages/groq/src/__fixtures__/groq-tool-call.json'),
    )
    const ran: unknown[] = []
    const watched = governor()
    const tools = governedTools({ weather: weatherTool(ran) }, { governor: watched })
    const result = await generateText({ model: replay.openai.chat('gpt-4o'), tools, prompt: 'go' })
    expect(result.content.map(part => part.type)).toEqual(['tool-call', 'tool-error'])
    expect(ran).toEqual([])
    expect(await watched.decisions.list()).toEqual([])
  })

  it('a wrapper call for two tools is two governed calls', async () => {
    await using replay = await provider(
      '/responses',
      recorded('packages/openai/src/responses/__fixtures__/parallel-tool-call-wrapper.1.json'),
    )
    const ran: unknown[] = []
    const watched = governor('cityAttractions')
    const cityAttractions = tool({
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => ran.push(city),
    })
    const tools = governedTools({ weather: weatherTool(ran), cityAttractions }, { governor: watched })
    await generateText({ model: replay.openai.responses('gpt-5.4'), tools, prompt: 'go' })
    expect(ran).toEqual([weather])
    const decisions = await watched.decisions.list()
    expect(Object.fromEntries(decisions.map(decision => [decision.tool, decision.result]))).toEqual({
      weather: 'allowed',
      cityAttractions: 'blocked',
    })
  })
})

function weatherTool(ran: unknown[]) {
  return tool({
    inputSchema: z.object({ location: z.string() }),
    execute: async input => {
      ran.push(input)
      return 'sunny'
    },
  })
}
