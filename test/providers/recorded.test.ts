import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenResponses } from '@ai-sdk/open-responses'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, jsonSchema, type LanguageModel, streamText, tool, type ToolSet } from 'ai'
import { createGovernor, type Governor, memoryStore } from 'countersign'
import { withGovernance } from 'countersign/ai-sdk'
import { describe, expect, it } from 'vitest'
import { hasFixtures, NEEDS_FIXTURES, recorded, type ReplayStep, replayServer } from '../support/replay-server.js'

const governing = (effect: 'allow' | 'deny'): Governor =>
  createGovernor({ store: memoryStore(), policy: { rules: [{ id: 'all', tools: ['*'], effect }] } })

/** Names of the client's tools that a recording calls, found without any of the code under test. */
function callsIn(step: ReplayStep | undefined): readonly string[] {
  const text = step === undefined ? '' : 'frames' in step ? step.frames.join('') : JSON.stringify(step.body)
  const parts: readonly any[] =
    step !== undefined && 'frames' in step
      ? [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, json = '']) => JSON.parse(json) as unknown)
      : [JSON.parse(text) as unknown]
  return parts.flatMap(namesIn)
}

function namesIn(part: any): readonly string[] {
  const content = Array.isArray(part.content)
    ? part.content
    : part.content_block === undefined
      ? []
      : [part.content_block]
  const candidates = (part.candidates ?? []).flatMap((candidate: any) => candidate.content?.parts ?? [])
  const items = part.type === 'response.output_item.done' ? [part.item] : (part.output ?? [])
  const calls = (part.choices ?? []).flatMap((choice: any) => (choice.delta ?? choice.message)?.tool_calls ?? [])
  return [
    content.flatMap((block: any) => (block.type === 'tool_use' ? block.name : [])),
    candidates.flatMap((item: any) => item.functionCall?.name ?? []),
    items.flatMap((item: any) => (item.type === 'function_call' ? item.name : [])),
    calls.flatMap((call: any) => call.function?.name || []),
  ].flat()
}

interface Row {
  readonly provider: string
  readonly files: readonly string[]
  readonly routes: readonly string[]
  readonly model: (url: string) => LanguageModel
}

const anthropic = 'packages/anthropic/src/__fixtures__'
const google = 'packages/google/src/__fixtures__'
const both = (path: string): readonly string[] => [`${path}.chunks.txt`, `${path}.json`]
const rows: readonly Row[] = [
  {
    provider: 'Anthropic, @ai-sdk/anthropic',
    files: [
      'anthropic-tool-no-args',
      'anthropic-json-other-tool.1',
      'anthropic-tool-search-bm25.1',
      'anthropic-tool-search-regex.1',
    ].flatMap(name => both(`${anthropic}/${name}`)),
    routes: ['/messages'],
    model: url => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'none' })('claude-sonnet-4-5'),
  },
  {
    provider: 'Gemini, @ai-sdk/google',
    files: ['google-tool-call', 'google-tool-call-gemini3'].flatMap(name => both(`${google}/${name}`)),
    routes: [':generateContent', ':streamGenerateContent'],
    model: url => createGoogle({ baseURL: `${url}/v1beta`, apiKey: 'none' })('gemini-3-pro-preview'),
  },
  {
    provider: 'LM Studio, @ai-sdk/open-responses',
    files: [
      ...both('packages/open-responses/src/responses/__fixtures__/lmstudio-tool-call.1'),
      'packages/open-responses/src/responses/__fixtures__/lmstudio-tool-call.2.chunks.txt',
    ],
    routes: ['/responses'],
    model: url => createOpenResponses({ name: 'lmstudio', url: `${url}/v1/responses` })('local'),
  },
  {
    provider: 'OpenRouter, Ollama and others, @ai-sdk/openai-compatible',
    files: [
      ...both('packages/openai-compatible/src/chat/__fixtures__/xai-tool-call'),
      'packages/openai-compatible/src/chat/__fixtures__/anthropic-fallback-tool-call.sse',
      ...both('packages/deepseek/src/chat/__fixtures__/deepseek-tool-call'),
    ],
    routes: ['/chat/completions'],
    model: url => createOpenAICompatible({ name: 'compatible', baseURL: `${url}/v1` })('any'),
  },
]

describe.skipIf(!hasFixtures)(
  `recorded calls of each provider, through its own package, governed (${NEEDS_FIXTURES})`,
  () => {
    for (const { provider, files, routes, model } of rows) {
      it.each(files)(`${provider}: %s`, async path => {
        const [step] = recorded(path)
        const names = callsIn(step)
        expect(names.length).toBeGreaterThan(0)
        for (const effect of ['allow', 'deny'] as const) {
          await using server = await replayServer(Object.fromEntries(routes.map(route => [route, [step!]])))
          const ran: string[] = []
          const tools: ToolSet = Object.fromEntries(
            names.map(name => [
              name,
              tool({ inputSchema: jsonSchema({ type: 'object' }), execute: () => ran.push(name) }),
            ]),
          )
          const governor = governing(effect)
          const options = { model: model(server.url), ...withGovernance(tools, { governor }), prompt: 'go' }
          if (path.endsWith('.json')) await generateText(options)
          else await streamText({ ...options, onError: () => undefined }).consumeStream()
          const decisions = await governor.decisions.list()
          expect(decisions.map(decision => decision.tool)).toEqual(names)
          expect(decisions.map(({ result }) => result)).toEqual(
            names.map(() => (effect === 'allow' ? 'allowed' : 'blocked')),
          )
          expect(ran).toEqual(effect === 'allow' ? names : [])
        }
      })
    }
  },
)
