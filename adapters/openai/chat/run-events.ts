import type { CompletionUsage } from 'openai/resources/completions'
import type { ChatCompletionMessage, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { ToolExecutionEvent } from '../call/execution-event.js'
import type { ChatStreamEvent } from './stream-events.js'

/** A call that is about to be decided on. */
export interface StartedCall {
  readonly id: string
  readonly name: string
  /** As the model wrote them. */
  readonly arguments: string
}

/** What `streamUntilUserInput` comes to. */
export interface StreamResult {
  /** The whole conversation, as JSON holds it: put the user's next message behind it. @throws TypeError for what JSON cannot hold */
  readonly toInputList: () => ChatCompletionMessageParam[]
  /** What each request cost, as far as the provider says. */
  readonly usages: readonly CompletionUsage[]
  /** The model's last words. */
  readonly text: string
  /** Every proposed call. */
  readonly events: readonly ToolExecutionEvent[]
  /** Why the last answer is not complete, in the provider's word; nothing of it was executed then. */
  readonly incomplete: string | undefined
}

/** A loop as it goes on. */
export type ChatRunEvent =
  | {
      readonly type: 'iteration_started'
      readonly index: number
      readonly messages: readonly ChatCompletionMessageParam[]
    }
  | { readonly type: 'stream_event'; readonly iteration: number; readonly event: ChatStreamEvent }
  | {
      readonly type: 'iteration_completed'
      readonly index: number
      readonly usage: CompletionUsage | undefined
      readonly assistantMessage: ChatCompletionMessage
    }
  | { readonly type: 'tool_call_started'; readonly iteration: number; readonly toolCall: StartedCall }
  /** It was decided on, and executed if it may: see its status. */
  | {
      readonly type: 'tool_call_completed'
      readonly iteration: number
      readonly toolCall: StartedCall
      readonly event: ToolExecutionEvent
    }
  /** The tool threw, or its arguments were none. */
  | {
      readonly type: 'tool_call_failed'
      readonly iteration: number
      readonly toolCall: StartedCall
      readonly event: ToolExecutionEvent
      readonly error: unknown
    }
  | { readonly type: 'run_completed'; readonly result: StreamResult }
  | { readonly type: 'run_failed'; readonly error: unknown }

/** One kind of them. */
export type ChatRunEventOf<TYPE extends ChatRunEvent['type']> = Extract<ChatRunEvent, { readonly type: TYPE }>
