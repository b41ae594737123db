import type { Awaitable } from 'countersign'
import type { ChatRunEvent, ChatRunEventOf } from './run-events.js'
import type { ChatStreamEvent, ChatStreamEventOf } from './stream-events.js'

type Hook<TYPE extends ChatStreamEvent['type']> = ChatStreamEventOf<TYPE>
type RunHook<TYPE extends ChatRunEvent['type']> = ChatRunEventOf<TYPE>

/**
 * Hooks of a streamed loop: override what you need. Each is waited for, so that a slow one slows the reading; what one
 * throws ends the run before anything more is executed.
 */
export class ChatCompletionStreamHandler {
  /** Every event of a stream, before its own hook. */
  onEvent(_event: ChatStreamEvent): Awaitable<void> {}
  /** Every chunk as it came. */
  onChunk(_event: Hook<'chunk'>): Awaitable<void> {}
  onContentDelta(_event: Hook<'content.delta'>): Awaitable<void> {}
  onContentDone(_event: Hook<'content.done'>): Awaitable<void> {}
  /** Thoughts, which are no content. */
  onReasoningDelta(_event: Hook<'reasoning.delta'>): Awaitable<void> {}
  onRefusalDelta(_event: Hook<'refusal.delta'>): Awaitable<void> {}
  onRefusalDone(_event: Hook<'refusal.done'>): Awaitable<void> {}
  onToolCallsFunctionArgumentsDelta(_event: Hook<'tool_calls.function.arguments.delta'>): Awaitable<void> {}
  onToolCallsFunctionArgumentsDone(_event: Hook<'tool_calls.function.arguments.done'>): Awaitable<void> {}
  onLogprobsContentDelta(_event: Hook<'logprobs.content.delta'>): Awaitable<void> {}
  onLogprobsContentDone(_event: Hook<'logprobs.content.done'>): Awaitable<void> {}
  onLogprobsRefusalDelta(_event: Hook<'logprobs.refusal.delta'>): Awaitable<void> {}
  onLogprobsRefusalDone(_event: Hook<'logprobs.refusal.done'>): Awaitable<void> {}

  onIterationStarted(_event: RunHook<'iteration_started'>): Awaitable<void> {}
  onIterationCompleted(_event: RunHook<'iteration_completed'>): Awaitable<void> {}
  onToolCallStarted(_event: RunHook<'tool_call_started'>): Awaitable<void> {}
  onToolCallCompleted(_event: RunHook<'tool_call_completed'>): Awaitable<void> {}
  onToolCallFailed(_event: RunHook<'tool_call_failed'>): Awaitable<void> {}
  onRunCompleted(_event: RunHook<'run_completed'>): Awaitable<void> {}
  onRunFailed(_event: RunHook<'run_failed'>): Awaitable<void> {}
}

/** Tells a handler of an event. */
export async function tellHandler(handler: ChatCompletionStreamHandler, event: ChatRunEvent): Promise<void> {
  switch (event.type) {
    case 'iteration_started':
      return handler.onIterationStarted(event)
    case 'stream_event':
      await handler.onEvent(event.event)
      return tellOfStream(handler, event.event)
    case 'iteration_completed':
      return handler.onIterationCompleted(event)
    case 'tool_call_started':
      return handler.onToolCallStarted(event)
    case 'tool_call_completed':
      return handler.onToolCallCompleted(event)
    case 'tool_call_failed':
      return handler.onToolCallFailed(event)
    case 'run_completed':
      return handler.onRunCompleted(event)
    case 'run_failed':
      return handler.onRunFailed(event)
  }
}

async function tellOfStream(handler: ChatCompletionStreamHandler, event: ChatStreamEvent): Promise<void> {
  switch (event.type) {
    case 'chunk':
      return handler.onChunk(event)
    case 'content.delta':
      return handler.onContentDelta(event)
    case 'content.done':
      return handler.onContentDone(event)
    case 'reasoning.delta':
      return handler.onReasoningDelta(event)
    case 'refusal.delta':
      return handler.onRefusalDelta(event)
    case 'refusal.done':
      return handler.onRefusalDone(event)
    case 'tool_calls.function.arguments.delta':
      return handler.onToolCallsFunctionArgumentsDelta(event)
    case 'tool_calls.function.arguments.done':
      return handler.onToolCallsFunctionArgumentsDone(event)
    case 'logprobs.content.delta':
      return handler.onLogprobsContentDelta(event as Hook<'logprobs.content.delta'>)
    case 'logprobs.content.done':
      return handler.onLogprobsContentDone(event as Hook<'logprobs.content.done'>)
    case 'logprobs.refusal.delta':
      return handler.onLogprobsRefusalDelta(event as Hook<'logprobs.refusal.delta'>)
    case 'logprobs.refusal.done':
      return handler.onLogprobsRefusalDone(event as Hook<'logprobs.refusal.done'>)
  }
}
