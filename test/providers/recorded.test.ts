import { readFileSync } from 'node:fs'
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createAzure } from '@ai-sdk/azure'
import { createGoogle } from '@ai-sdk/google'
import { createGoogleVertex } from '@ai-sdk/google-vertex'
import { createOpenResponses } from '@ai-sdk/open-responses'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, jsonSchema, type LanguageModel, streamText, tool, type ToolSet } from 'ai'
import { createGovernor, type Governor, memoryStore } from 'countersign'
import { withGovernance } from 'countersign/ai-sdk'
import { eventStreamed } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import {
  ANTHROPIC,
  AZURE,
  BEDROCK,
  COMPATIBLE,
  GEMINI,
  GEMINI_INTERACTIONS,
  LM_STUDIO,
  VERTEX,
} from '../support/recordings.js'
import {
  FIXTURES,
  hasFixtures,
  NEEDS_FIXTURES,
  recorded,
  type ReplayStep,
  replayServer,
} from '../support/replay-server.js'
import { callsIn, type RecordedCall } from './recorded-calls.js'

const governing = (effect: 'allow' | 'deny'): Governor =>
  createGovernor({ store: memoryStore(), policy: { rules: [{ id: 'all', tools: ['*'], effect }] } })

interface Row {
  readonly provider: string
  readonly files: readonly string[]
  readonly routes: readonly string[]
  readonly model: (url: string) => LanguageModel
  /** Tools that the provider executes, of which its package wants to know. */
  readonly hosted?: ToolSet
  readonly steps?: (path: string) => readonly ReplayStep[]
}

const linesOf = (path: string): readonly Record<string, unknown>[] => {
  const lines = readFileSync(FIXTURES + path, 'utf8').split('\n')
  return lines.filter(line => line.trim() !== '').map(line => JSON.parse(line) as Record<string, unknown>)
}

const { tools: anthropicTools } = createAnthropic({ apiKey: 'none' })
const rows: readonly Row[] = [
  {
    provider: 'Anthropic, @ai-sdk/anthropic',
    files: ANTHROPIC,
    routes: ['/messages'],
    hosted: {
      bm25: anthropicTools.toolSearchBm25_20251119(),
      regex: anthropicTools.toolSearchRegex_20251119(),
    },
    model: url => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'none' })('claude-sonnet-4-5'),
  },
  {
    provider: 'Gemini, @ai-sdk/google',
    files: GEMINI,
    routes: [':generateContent', ':streamGenerateContent'],
    model: url => createGoogle({ baseURL: `${url}/v1beta`, apiKey: 'none' })('gemini-3-pro-preview'),
  },
  {
    provider: 'Gemini interactions, @ai-sdk/google',
    files: GEMINI_INTERACTIONS,
    routes: ['/interactions'],
    model: url => createGoogle({ baseURL: `${url}/v1beta`, apiKey: 'none' }).interactions('gemini-2.5-flash'),
  },
  {
    provider: 'Vertex AI, @ai-sdk/google-vertex',
    files: [...VERTEX, ...GEMINI],
    routes: [':generateContent', ':streamGenerateContent'],
    model: url =>
      createGoogleVertex({ baseURL: `${url}/v1/publishers/google`, apiKey: 'none' })('gemini-3-pro-preview'),
  },
  {
    provider: 'Amazon Bedrock, @ai-sdk/amazon-bedrock',
    files: BEDROCK,
    routes: ['/converse', '/converse-stream'],
    model: url =>
      createAmazonBedrock({ baseURL: url, region: 'us-east-1', apiKey: 'none' })('anthropic.claude-3-haiku'),
    steps: path => (path.endsWith('.json') ? recorded(path) : [eventStreamed(linesOf(path))]),
  },
  {
    provider: 'Azure OpenAI, @ai-sdk/azure',
    files: AZURE,
    routes: ['/responses'],
    model: url => createAzure({ baseURL: `${url}/openai`, apiKey: 'none' }).responses('gpt-5.1'),
  },
  {
    provider: 'LM Studio, @ai-sdk/open-responses',
    files: LM_STUDIO,
    routes: ['/responses'],
    model: url => createOpenResponses({ name: 'lmstudio', url: `${url}/v1/responses` })('local'),
  },
  {
    provider: 'OpenRouter, Ollama and others, @ai-sdk/openai-compatible',
    files: COMPATIBLE,
    routes: ['/chat/completions'],
    model: url => createOpenAICompatible({ name: 'compatible', baseURL: `${url}/v1` })('any'),
  },
]

/** Recordings that are broken on purpose: nothing of them is decided on, and nothing runs. */
const ENDS_IN_ERROR: Readonly<Record<string, RegExp>> = {
  'spliced-message-start.chunks.txt': /message_start for message "msg_second" while message "msg_first" is still open/,
}

describe.skipIf(!hasFixtures)(
  `recorded calls of each provider, through its own package, governed (${NEEDS_FIXTURES})`,
  () => {
    for (const { provider, files, routes, model, hosted = {}, steps: stepsOf = recorded } of rows) {
      it.each(files)(`${provider}: %s`, async path => {
        const broken = ENDS_IN_ERROR[path.split('/').at(-1) ?? '']
        const calls = broken === undefined ? callsIn(path) : []
        const names = calls.map(({ name }) => name)
        expect(names.length > 0).toBe(broken === undefined)
        for (const effect of ['allow', 'deny'] as const) {
          const steps = stepsOf(path)
          await using server = await replayServer(Object.fromEntries(routes.map(route => [route, steps])))
          const ran: RecordedCall[] = []
          const tools: ToolSet = Object.fromEntries(
            names.map(name => [
              name,
              tool({
                inputSchema: jsonSchema({ type: 'object' }),
                execute: input => void ran.push({ name, input }),
              }),
            ]),
          )
          const governor = governing(effect)
          const options = {
            model: model(server.url),
            ...withGovernance({ ...hosted, ...tools }, { governor }),
            prompt: 'go',
            stopWhen: ({ steps: { length } }: { readonly steps: readonly unknown[] }) => length >= steps.length,
          }
          if (path.endsWith('.json')) await generateText(options)
          else {
            const errors: unknown[] = []
            await streamText({ ...options, onError: ({ error }) => void errors.push(error) }).consumeStream()
            if (broken !== undefined)
              expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(broken) })])
          }
          // Same calls, in the same order, one decision for each.
          const all = await governor.decisions.list({ limit: 100 })
          const decisions = all.filter(decision => !Object.hasOwn(hosted, decision.tool))
          expect(decisions.map(decision => decision.tool).toSorted()).toEqual(names.toSorted())
          expect(decisions.map(({ result }) => result)).toEqual(
            names.map(() => (effect === 'allow' ? 'allowed' : 'blocked')),
          )
          expect(ran).toEqual(effect === 'allow' ? calls : [])
        }
      })
    }
  },
)
