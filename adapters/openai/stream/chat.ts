import { ChatAccumulator, type ChatChange } from '../chat/accumulator.js'
import type { AssembledCall } from '../chat/call-assembler.js'
import { known, type StreamCall, type StreamEvent, type StreamMapper, type StreamPlace } from './events.js'
import { failureOf } from './responses.js'
import { usageOf } from './usage.js'

type Event = StreamEvent<never>

/** A mapper that can be told what went wrong beside the chunks. */
export interface ChatMapper extends StreamMapper<unknown> {
  readonly fail: (error: unknown) => StreamEvent<never>
}

/** Chunks of Chat Completions. What ends is known there only when the whole answer has, so that it is told of at the end. */
export function chatMapper(answer: ChatAccumulator = new ChatAccumulator()): ChatMapper {
  const place = (): StreamPlace => known<StreamPlace>({ responseId: answer.id })
  const callOf = (call: AssembledCall): StreamCall => ({
    ...place(),
    ...known<StreamCall>({ callId: call.id, name: call.name === '' ? undefined : call.name }),
    outputIndex: answer.calls.indexOf(call),
  })
  const told = (change: ChatChange): readonly Event[] => {
    switch (change.kind) {
      case 'content':
        return [{ type: 'llm_delta', delta: change.delta, ...place() }]
      case 'refusal':
        return [{ type: 'refusal_delta', delta: change.delta, ...place() }]
      case 'reasoning':
        return [{ type: 'reasoning_delta', kind: 'text', delta: change.delta, ...place() }]
      case 'call': {
        const { responseId: _responseId, outputIndex: _outputIndex, ...of } = callOf(change.call)
        return [
          { type: 'output_item_added', item: { type: 'function_call', ...of }, ...callPlace(callOf(change.call)) },
        ]
      }
      case 'arguments':
        return [{ type: 'function_call_args_delta', delta: change.delta, ...callOf(change.call) }]
      case 'logprobs':
      case 'finished':
        return []
    }
  }
  const end = (): readonly Event[] => {
    const { finishReason: reason, content, reasoning } = answer
    if (reason === undefined) {
      return [{ type: 'response_failed', error: { message: 'the stream ended before the answer did' }, ...place() }]
    }
    return [
      ...(reasoning === ''
        ? []
        : [{ type: 'reasoning_done' as const, kind: 'text' as const, text: reasoning, ...place() }]),
      ...(content === '' ? [] : [{ type: 'llm_text_done' as const, text: content, ...place() }]),
      ...answer.calls.map((call): Event => ({
        type: 'function_call_args_done',
        arguments: call.arguments,
        ...callOf(call),
      })),
      {
        type: 'response_done',
        ...known({ reason, usage: usageOf(answer.usage) }),
        response: { ...answer.completion() },
        ...place(),
      },
    ]
  }
  const fail = (error: unknown): Event => ({ type: 'response_failed', error: failureOf(error), ...place() })
  return { map: chunk => answer.push(chunk).flatMap(told), end, fail }
}

function callPlace({ responseId, outputIndex }: StreamCall): StreamPlace {
  return known<StreamPlace>({ responseId, outputIndex })
}
