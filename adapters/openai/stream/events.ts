import type { ToolExecutionEvent } from '../call/execution-event.js'
import type { UnknownRecord } from '../call/record.js'

/** Where in the answers an event belongs. What the wire does not say, not even elsewhere, is absent. */
export interface StreamPlace {
  readonly responseId?: string
  readonly itemId?: string
  readonly outputIndex?: number
}

/** Which call an event is of, joined from wherever the wire says it. */
export interface StreamCall extends StreamPlace {
  readonly callId?: string
  readonly name?: string
}

/** Tokens, as the provider counted them. */
export interface StreamUsage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly totalTokens?: number
  readonly reasoningTokens?: number
  readonly cachedTokens?: number
}

/** An item of an answer as it begins. */
export interface StreamItem {
  readonly type: string
  readonly id?: string
  readonly callId?: string
  readonly name?: string
}

/** What a failed answer says of itself. */
export interface StreamFailure {
  readonly message: string
  readonly code?: string
}

/** An execution as any framework's stream tells of it; a run of this package tells more. */
export type StreamExecution = Pick<ToolExecutionEvent, 'tool' | 'callId' | 'status'> &
  Partial<Omit<ToolExecutionEvent, 'tool' | 'callId' | 'status'>>

/**
 * What a run tells while it goes on, in the same words for every framework. Reasoning is kept apart from text.
 *
 * @typeParam RESULT what a run comes to: `final_response` ends the stream
 */
export type StreamEvent<RESULT = unknown> =
  | ({ readonly type: 'llm_delta'; readonly delta: string } & StreamPlace)
  | ({ readonly type: 'llm_text_done'; readonly text: string } & StreamPlace)
  | ({ readonly type: 'reasoning_delta'; readonly delta: string; readonly kind: 'text' | 'summary' } & StreamPlace)
  | ({ readonly type: 'reasoning_done'; readonly text: string; readonly kind: 'text' | 'summary' } & StreamPlace)
  | ({ readonly type: 'output_item_added'; readonly item: StreamItem } & StreamPlace)
  | ({ readonly type: 'function_call_args_delta'; readonly delta: string } & StreamCall)
  | ({ readonly type: 'function_call_args_done'; readonly arguments: string } & StreamCall)
  | ({ readonly type: 'refusal_delta'; readonly delta: string } & StreamPlace)
  | ({
      readonly type: 'response_done'
      /** Why it ended, in the provider's word. */
      readonly reason?: string
      readonly usage?: StreamUsage
      /** The whole answer as the provider has it, where it sends one. */
      readonly response?: UnknownRecord
    } & StreamPlace)
  | ({ readonly type: 'response_failed'; readonly error: StreamFailure } & StreamPlace)
  | { readonly type: 'execution_event'; readonly event: StreamExecution }
  | { readonly type: 'final_response'; readonly response: RESULT }

/** Turns parts of one framework's stream into events. One per stream: it remembers what ids belong together. */
export interface StreamMapper<PART> {
  readonly map: (part: PART) => readonly StreamEvent<never>[]
  /** What is still to be told when the stream has ended. */
  readonly end: () => readonly StreamEvent<never>[]
}

/** The fields that have a value: an event has no field that holds nothing. */
export function known<T extends object>(fields: { readonly [KEY in keyof T]: T[KEY] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)) as T
}
