import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createAzure } from '@ai-sdk/azure'
import { createGoogle } from '@ai-sdk/google'
import { createGoogleVertex } from '@ai-sdk/google-vertex'
import { createHuggingFace } from '@ai-sdk/huggingface'
import { createOpenResponses } from '@ai-sdk/open-responses'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { ChatGoogle } from '@langchain/google'
import { AzureChatOpenAI, ChatOpenAI } from '@langchain/openai'
import type { LanguageModel } from 'ai'

/** A provider as one framework reaches it. */
interface Row {
  readonly provider: string
  /** Which answers it gives: `streams/<name>.<number>.chunks.txt`. */
  readonly stream: string
  /** How the path ends that they are asked for under. */
  readonly route: string
}

export interface AiSdkRow extends Row {
  readonly model: (url: string) => LanguageModel
}

export interface LangChainRow extends Row {
  readonly model: (url: string) => BaseChatModel
}

const apiKey = 'none'
const compatible = (name: string, model: string) => (url: string) =>
  createOpenAICompatible({ name, baseURL: `${url}/v1` })(model)

/** In an application the addresses are the providers' own: leave `baseURL` out. */
export const aiSdk: readonly AiSdkRow[] = [
  {
    provider: 'OpenAI',
    stream: 'openai-responses',
    route: '/responses',
    model: url => createOpenAI({ baseURL: `${url}/v1`, apiKey })('gpt-5.1'),
  },
  {
    provider: 'Azure OpenAI',
    stream: 'openai-responses',
    route: '/responses',
    model: url => createAzure({ baseURL: `${url}/openai`, apiKey })('my-deployment'),
  },
  {
    provider: 'OpenRouter',
    stream: 'openrouter-chat',
    route: '/chat/completions',
    model: compatible('openrouter', 'z-ai/glm-5'),
  },
  { provider: 'Ollama', stream: 'plain-chat', route: '/chat/completions', model: compatible('ollama', 'qwen3') },
  {
    provider: 'LM Studio',
    stream: 'open-responses',
    route: '/responses',
    model: url => createOpenResponses({ name: 'lmstudio', url: `${url}/v1/responses` })('gpt-oss-20b'),
  },
  {
    provider: 'Hugging Face',
    stream: 'openai-responses',
    route: '/responses',
    model: url => createHuggingFace({ baseURL: `${url}/v1`, apiKey })('moonshotai/Kimi-K2'),
  },
  {
    provider: 'Anthropic',
    stream: 'anthropic',
    route: '/messages',
    model: url => createAnthropic({ baseURL: `${url}/v1`, apiKey })('claude-sonnet-4-5'),
  },
  {
    provider: 'Gemini',
    stream: 'gemini',
    route: ':streamGenerateContent',
    model: url => createGoogle({ baseURL: `${url}/v1beta`, apiKey })('gemini-3-flash'),
  },
  {
    provider: 'Vertex AI',
    stream: 'gemini',
    route: ':streamGenerateContent',
    model: url => createGoogleVertex({ baseURL: `${url}/v1/publishers/google`, apiKey })('gemini-3-flash'),
  },
  {
    provider: 'Amazon Bedrock',
    stream: 'bedrock',
    route: '/converse-stream',
    model: url => createAmazonBedrock({ baseURL: url, region: 'us-east-1', apiKey })('anthropic.claude-sonnet-4-5'),
  },
]

const chatOpenAI =
  (model: string, useResponsesApi = false) =>
  (url: string) =>
    new ChatOpenAI({ model, apiKey, useResponsesApi, configuration: { baseURL: `${url}/v1` } })

export const langChain: readonly LangChainRow[] = [
  { provider: 'OpenAI', stream: 'openai-responses', route: '/responses', model: chatOpenAI('gpt-5.1', true) },
  {
    provider: 'Azure OpenAI',
    stream: 'plain-chat',
    route: '/chat/completions',
    model: url =>
      new AzureChatOpenAI({
        azureOpenAIEndpoint: url,
        azureOpenAIApiKey: apiKey,
        azureOpenAIApiDeploymentName: 'my-deployment',
        azureOpenAIApiVersion: '2025-04-01-preview',
      }),
  },
  {
    provider: 'OpenRouter',
    stream: 'openrouter-chat',
    route: '/chat/completions',
    model: chatOpenAI('z-ai/glm-5'),
  },
  { provider: 'Ollama', stream: 'plain-chat', route: '/chat/completions', model: chatOpenAI('qwen3') },
  {
    provider: 'LM Studio',
    stream: 'plain-chat',
    route: '/chat/completions',
    model: chatOpenAI('gpt-oss-20b'),
  },
  {
    provider: 'Hugging Face',
    stream: 'plain-chat',
    route: '/chat/completions',
    model: chatOpenAI('moonshotai/Kimi-K2'),
  },
  {
    provider: 'Anthropic',
    stream: 'anthropic',
    route: '/messages',
    model: url => new ChatAnthropic({ model: 'claude-sonnet-4-5', apiKey, anthropicApiUrl: url }),
  },
  {
    provider: 'Gemini',
    stream: 'gemini',
    route: ':streamGenerateContent',
    model: url => new ChatGoogle({ model: 'gemini-3-flash', apiKey, endpoint: url }),
  },
]
