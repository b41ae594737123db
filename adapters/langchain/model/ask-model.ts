import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import type { Opened } from 'countersign'
import { type CallOptions, type Candidate, optionsFor } from './candidate.js'
import { CHUNK_COPIES, RESULT_COPIES } from './copies.js'
import { factsOf } from './facts.js'
import type { ResolvedModelOptions } from './options.js'
import { notRetried, unretried } from './unretried.js'
import { usageOfChunks, usageOfResult } from './usage.js'

/** One request of LangChain's. */
export interface ModelCall {
  readonly messages: BaseMessage[]
  readonly options: CallOptions
  readonly runManager: CallbackManagerForLLMRun | undefined
}

/** Who may be asked, and how. */
export interface Asked extends ResolvedModelOptions {
  /** The model itself comes first. */
  readonly candidates: readonly [Candidate, ...Candidate[]]
}

type ChatEvent = ReturnType<BaseChatModel['_streamChatModelEvents']> extends AsyncGenerator<infer EVENT> ? EVENT : never

/** An answer that comes at once. */
export async function generate(asked: Asked, { messages, options, runManager }: ModelCall): Promise<ChatResult> {
  const { guard, candidates, scope } = asked
  return guard
    .run<Candidate, ChatResult>(
      { ...factsOf(candidates, messages, options, scope()), usage: usageOfResult, copies: RESULT_COPIES },
      (candidate, { signal }) =>
        unretried(candidate.handle)._generate(messages, sentTo(asked, candidate, options, signal), runManager),
    )
    .catch(notRetried)
}

/** An answer that comes as a stream. */
export async function* streamChunks(
  asked: Asked,
  { messages, options, runManager }: ModelCall,
): AsyncGenerator<ChatGenerationChunk> {
  const { guard, candidates, scope } = asked
  const opening = guard.stream<Candidate, Opened<ChatGenerationChunk>>(
    {
      ...factsOf(candidates, messages, options, scope()),
      usage: usageOfChunks(),
      isLast: isWhole,
      copies: CHUNK_COPIES,
    },
    async (candidate, { signal }) => ({
      chunks: chunksOf(candidate, messages, sentTo(asked, candidate, options, signal), runManager),
    }),
  )
  yield* (await opening.catch(notRetried)).chunks
}

/** The same in the newer form, which some models have of their own. */
export async function* streamEvents(
  asked: Asked,
  { messages, options, runManager }: ModelCall,
): AsyncGenerator<ChatEvent> {
  const { guard, candidates, scope } = asked
  const opening = guard.stream<Candidate, Opened<ChatEvent>>(
    {
      ...factsOf(candidates, messages, options, scope()),
      // Of a message, its usage is all that is read.
      usage: event => usageOfResult({ generations: [{ text: '', message: usageIn(event) as never }] }),
      isOpening: ({ event }) => event === 'message-start',
    },
    async (candidate, { signal }) => {
      const sent = sentTo(asked, candidate, options, signal)
      return { chunks: unretried(candidate.handle)._streamChatModelEvents(messages, sent, runManager) }
    },
  )
  yield* (await opening.catch(notRetried)).chunks
}

function sentTo({ candidates }: Asked, candidate: Candidate, options: CallOptions, signal: AbortSignal) {
  // OpenAI's models are told by option, as each of them is made of others. Every model has options of a type of its own.
  return { ...optionsFor(candidate, candidates[0], options), signal, maxRetries: 0 } as never
}

/** A model that cannot stream answers in one chunk. */
async function* chunksOf(
  { handle }: Candidate,
  messages: BaseMessage[],
  options: never,
  runManager: CallbackManagerForLLMRun | undefined,
): AsyncGenerator<ChatGenerationChunk> {
  const model = unretried(handle)
  if (isOwn(handle, '_streamResponseChunks')) return yield* model._streamResponseChunks(messages, options, runManager)
  const { generations } = await model._generate(messages, options, runManager)
  for (const { text, message } of generations)
    yield new ChatGenerationChunk({ text, message: new AIMessageChunk(message) })
}

/** Whether a model brings a method itself, rather than has it of all models. */
export function isOwn(model: BaseChatModel, method: '_streamResponseChunks' | '_streamChatModelEvents'): boolean {
  return model[method] !== BaseChatModel.prototype[method]
}

/** Providers say why they stopped, and say it last. */
function isWhole({ generationInfo, message }: ChatGenerationChunk): boolean {
  const places = [generationInfo, message.response_metadata, message.additional_kwargs]
  return places.some(place => {
    const { finish_reason: finished, stop_reason: stopped, status } = (place ?? {}) as Readonly<Record<string, unknown>>
    return typeof finished === 'string' || typeof stopped === 'string' || status === 'completed'
  })
}

function usageIn(event: ChatEvent): { readonly usage_metadata?: unknown } {
  return 'usage' in event ? { usage_metadata: event.usage } : {}
}
