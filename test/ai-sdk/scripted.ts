import * as ai from 'ai'
import { MockLanguageModelV4, convertArrayToReadableStream } from 'ai/test'
import * as aiV6 from 'ai-v6'
import { MockLanguageModelV3 } from 'ai-v6/test'

/** A call the model makes. */
export interface Proposed {
  readonly id: string
  readonly name: string
  readonly input: unknown
  readonly providerExecuted?: boolean
}

/** What the model says when asked: text, or calls. */
export type Turn = string | readonly Proposed[]

/** A model that follows a script; past its end it says `done`. Serves generating and streaming alike. */
export interface ScriptedModel {
  readonly model: ai.LanguageModel
  /** The prompts it was sent, each as JSON: what reached the model. */
  readonly prompts: () => readonly string[]
}

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

interface Asked {
  readonly prompt: unknown
}

function scriptOf(turns: readonly Turn[]) {
  const prompts: string[] = []
  const next = (options: Asked) => {
    const turn = turns[prompts.length] ?? 'done'
    prompts.push(JSON.stringify(options.prompt))
    return turn
  }
  return {
    prompts: () => prompts,
    doGenerate: async (options: Asked) => {
      const turn = next(options)
      return { content: contentOf(turn), finishReason: finishOf(turn), usage, warnings: [] }
    },
    doStream: async (options: Asked) => {
      const turn = next(options)
      const parts = [{ type: 'stream-start', warnings: [] }, ...streamOf(turn)]
      return {
        stream: convertArrayToReadableStream([...parts, { type: 'finish', finishReason: finishOf(turn), usage }]),
      }
    },
  }
}

function finishOf(turn: Turn) {
  return { unified: typeof turn === 'string' ? 'stop' : 'tool-calls', raw: undefined } as const
}

function contentOf(turn: Turn) {
  return typeof turn === 'string' ? [{ type: 'text', text: turn }] : turn.map(callPart)
}

function callPart({ id, name, input, providerExecuted }: Proposed) {
  const call = { type: 'tool-call', toolCallId: id, toolName: name, input: JSON.stringify(input) }
  return providerExecuted === true ? { ...call, providerExecuted } : call
}

function streamOf(turn: Turn) {
  if (typeof turn === 'string') {
    return [
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: turn },
      { type: 'text-end', id: 't' },
    ]
  }
  return turn.flatMap(call => [
    { type: 'tool-input-start', id: call.id, toolName: call.name },
    { type: 'tool-input-delta', id: call.id, delta: JSON.stringify(call.input) },
    { type: 'tool-input-end', id: call.id },
    callPart(call),
  ])
}

/** A scripted model for ai 7. */
export function scripted(...turns: readonly Turn[]): ScriptedModel {
  const script = scriptOf(turns)
  return { model: new MockLanguageModelV4(script as never), prompts: script.prompts }
}

/** One major of the SDK. ai 6 is typed as ai 7: these tests use what both have. */
export interface Sdk {
  readonly major: string
  readonly ai: typeof ai
  readonly scripted: (...turns: readonly Turn[]) => ScriptedModel
}

export const sdks: readonly Sdk[] = [
  { major: 'ai 7', ai, scripted },
  {
    major: 'ai 6',
    ai: aiV6 as unknown as typeof ai,
    scripted: (...turns) => {
      const script = scriptOf(turns)
      return { model: new MockLanguageModelV3(script as never), prompts: script.prompts }
    },
  },
]

/** What a run came to, by whichever API. */
interface Ran {
  readonly text: string
  /** Content of all steps. */
  readonly parts: readonly ai.ContentPart<ai.ToolSet>[]
  readonly messages: readonly ai.ModelMessage[]
}

/** Whatever is spread into the SDK's functions besides the model. */
interface RunInput {
  readonly tools: ai.ToolSet
  readonly toolApproval?: unknown
  readonly messages?: readonly ai.ModelMessage[]
  readonly abortSignal?: AbortSignal
  readonly toolsContext?: unknown
  readonly experimental_context?: unknown
}

export type Run = (sdk: Sdk, model: ScriptedModel, input: RunInput) => Promise<Ran>

const stopWhen = ({ steps }: { readonly steps: readonly unknown[] }): boolean => steps.length >= 6
const question: readonly ai.ModelMessage[] = [{ role: 'user', content: 'go' }]

/** The three ways in. */
export const apis: Readonly<Record<'generateText' | 'streamText' | 'ToolLoopAgent', Run>> = {
  generateText: async (sdk, { model }, input) => {
    const result = await sdk.ai.generateText({ messages: question, ...input, model, stopWhen } as never)
    return ranOf(result.text, result.steps, result)
  },
  streamText: async (sdk, { model }, input) => {
    const result = sdk.ai.streamText({
      messages: question,
      ...input,
      model,
      stopWhen,
      onError: () => undefined,
    } as never)
    await result.consumeStream()
    return ranOf(await result.text, await result.steps, { response: await result.response })
  },
  ToolLoopAgent: async (sdk, { model }, { messages = question, abortSignal, ...input }) => {
    const agent = new sdk.ai.ToolLoopAgent({ ...input, model, stopWhen } as never)
    const result = await agent.generate({ messages, abortSignal } as never)
    return ranOf(result.text, result.steps, result)
  },
}

function ranOf(
  text: string,
  steps: readonly { readonly content: readonly unknown[] }[],
  { response }: { readonly response: { readonly messages: readonly ai.ModelMessage[] } },
): Ran {
  return { text, parts: steps.flatMap(step => step.content) as Ran['parts'], messages: response.messages }
}
