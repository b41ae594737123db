import { AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import type { Copies } from 'countersign'

interface KeptMessage {
  readonly isChunk: boolean
  readonly fields: ConstructorParameters<typeof AIMessage>[0]
}

interface KeptGeneration {
  readonly text: string
  readonly generationInfo: Record<string, unknown> | undefined
  readonly message: KeptMessage
}

/** How answers are kept: LangChain writes into messages that it was given. */
export const RESULT_COPIES: Copies<ChatResult> = {
  keep: ({ generations, llmOutput }) => ({ generations: generations.map(keep), llmOutput: structuredClone(llmOutput) }),
  give: kept => {
    const { generations, llmOutput } = kept as { generations: readonly KeptGeneration[]; llmOutput: unknown }
    return { generations: generations.map(give), llmOutput: structuredClone(llmOutput) } as ChatResult
  },
}

/** How chunks are kept. */
export const CHUNK_COPIES: Copies<ChatGenerationChunk> = {
  keep,
  give: kept => {
    const { text, message, generationInfo } = give(kept as KeptGeneration)
    return new ChatGenerationChunk({
      text,
      message: message as AIMessageChunk,
      ...(generationInfo === undefined ? {} : { generationInfo }),
    })
  },
}

/** @throws TypeError for what is no message of a model */
function keep({ text, message, generationInfo }: ChatResult['generations'][number]): KeptGeneration {
  return { text, generationInfo: structuredClone(generationInfo), message: keepMessage(message) }
}

function give({ text, generationInfo, message }: KeptGeneration): ChatResult['generations'][number] {
  const fields = structuredClone(message.fields)
  return {
    text,
    message: message.isChunk ? new AIMessageChunk(fields) : new AIMessage(fields),
    ...(generationInfo === undefined ? {} : { generationInfo: structuredClone(generationInfo) }),
  }
}

/** Without its id: two messages of one id would be one to a graph. */
function keepMessage(message: BaseMessage): KeptMessage {
  if (!AIMessage.isInstance(message)) throw new TypeError('not a message of a model')
  const isChunk = AIMessageChunk.isInstance(message)
  const { content, name, additional_kwargs, response_metadata, tool_calls, invalid_tool_calls, usage_metadata } =
    message
  const fields = { content, name, additional_kwargs, response_metadata, tool_calls, invalid_tool_calls, usage_metadata }
  const chunks = isChunk ? { tool_call_chunks: message.tool_call_chunks } : {}
  return { isChunk, fields: structuredClone({ ...fields, ...chunks }) as KeptMessage['fields'] }
}
