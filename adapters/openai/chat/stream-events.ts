import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { ChatAccumulator, ChatChange } from './accumulator.js'
import type { AssembledCall } from './call-assembler.js'

/** A call in an event. */
export interface StreamedCall {
  readonly callId: string | undefined
  /** Its position in the answer, whatever the wire says. */
  readonly index: number
  readonly name: string
  /** The arguments so far. */
  readonly arguments: string
}

/** What a streamed chat completion tells, in the client's own words and spelling. */
export type ChatStreamEvent =
  | {
      readonly type: 'chunk'
      readonly chunk: ChatCompletionChunk
      /** The answer so far; made when it is looked at. */
      readonly snapshot: ChatCompletion
    }
  | { readonly type: 'content.delta'; readonly delta: string; readonly snapshot: string }
  | { readonly type: 'content.done'; readonly content: string; readonly parsed: unknown }
  | { readonly type: 'reasoning.delta'; readonly delta: string; readonly snapshot: string }
  | { readonly type: 'refusal.delta'; readonly delta: string; readonly snapshot: string }
  | { readonly type: 'refusal.done'; readonly refusal: string }
  | ({ readonly type: 'tool_calls.function.arguments.delta'; readonly arguments_delta: string } & StreamedCall)
  | ({ readonly type: 'tool_calls.function.arguments.done'; readonly parsed_arguments: unknown } & StreamedCall)
  | { readonly type: 'logprobs.content.delta' | 'logprobs.content.done'; readonly content: readonly unknown[] }
  | { readonly type: 'logprobs.refusal.delta' | 'logprobs.refusal.done'; readonly refusal: readonly unknown[] }

/** One kind of them. */
export type ChatStreamEventOf<TYPE extends ChatStreamEvent['type']> = Extract<ChatStreamEvent, { readonly type: TYPE }>

/** What a chunk tells, in order. */
export function chunkEvents(
  chunk: unknown,
  changes: readonly ChatChange[],
  answer: ChatAccumulator,
): readonly ChatStreamEvent[] {
  const whole: ChatStreamEvent = {
    type: 'chunk',
    chunk: chunk as ChatCompletionChunk,
    get snapshot() {
      return answer.completion()
    },
  }
  return [whole, ...changes.flatMap(change => eventOf(change, answer))]
}

function eventOf(change: ChatChange, answer: ChatAccumulator): readonly ChatStreamEvent[] {
  switch (change.kind) {
    case 'content':
      return [{ type: 'content.delta', delta: change.delta, snapshot: answer.content }]
    case 'reasoning':
      return [{ type: 'reasoning.delta', delta: change.delta, snapshot: answer.reasoning }]
    case 'refusal':
      return [{ type: 'refusal.delta', delta: change.delta, snapshot: answer.refusal }]
    case 'arguments': {
      const call = callOf(change.call, answer)
      return [{ type: 'tool_calls.function.arguments.delta', arguments_delta: change.delta, ...call }]
    }
    case 'logprobs':
      return change.of === 'content'
        ? [{ type: 'logprobs.content.delta', content: change.tokens }]
        : [{ type: 'logprobs.refusal.delta', refusal: change.tokens }]
    case 'call':
    case 'finished':
      return []
  }
}

/** What is complete once an answer is. */
export function doneEvents(answer: ChatAccumulator, isJson: boolean): readonly ChatStreamEvent[] {
  const { content, refusal, logprobs } = answer
  const events: ChatStreamEvent[] = []
  if (content !== '') events.push({ type: 'content.done', content, parsed: isJson ? parsed(content) : null })
  if (refusal !== '') events.push({ type: 'refusal.done', refusal })
  for (const call of answer.calls) {
    const told = callOf(call, answer)
    events.push({ type: 'tool_calls.function.arguments.done', ...told, parsed_arguments: parsed(call.arguments) })
  }
  if (logprobs.content.length > 0) events.push({ type: 'logprobs.content.done', content: logprobs.content })
  if (logprobs.refusal.length > 0) events.push({ type: 'logprobs.refusal.done', refusal: logprobs.refusal })
  return events
}

function callOf(call: AssembledCall, answer: ChatAccumulator): StreamedCall {
  return { callId: call.id, index: answer.calls.indexOf(call), name: call.name, arguments: call.arguments }
}

/** As JSON; nothing where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
