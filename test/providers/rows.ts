import { readFileSync } from 'node:fs'
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createAzure } from '@ai-sdk/azure'
import { createGoogle } from '@ai-sdk/google'
import { createGoogleVertex } from '@ai-sdk/google-vertex'
import { createOpenResponses } from '@ai-sdk/open-responses'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModel, ToolSet } from 'ai'
import { eventStreamed } from 'countersign/testing'
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
import { FIXTURES, recorded, type ReplayStep } from '../support/replay-server.js'

/** A provider, as its package of the AI SDK reaches it. */
export interface Row {
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
export const rows: readonly Row[] = [
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
