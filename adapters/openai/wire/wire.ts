import type { ModelResult } from '../call/model-text.js'
import type { ProposedCall } from '../call/proposed.js'
import type { Segment } from '../run/flatten.js'
import type { StreamEvent, StreamUsage } from '../stream/events.js'

/** One answer of the model. */
export interface Turn<RESPONSE> {
  readonly response: RESPONSE
  readonly responseId: string | undefined
  readonly text: string
  /** To be decided on, in their order. Empty where the answer was cut short: what is incomplete is never executed. */
  readonly calls: readonly ProposedCall[]
  /** Why it is not complete, in the provider's word. */
  readonly incomplete: string | undefined
  readonly usage: StreamUsage | undefined
}

/** An event, or a stretch of a stream that tells of itself. */
export type Told = StreamEvent<never> | Segment<StreamEvent<never>>

/** What a call came to, to be sent back. */
export interface Answer {
  readonly call: ProposedCall
  readonly result: ModelResult
  /** The result as it goes over the wire. */
  readonly text: string
}

/** How the provider is spoken to: a conversation over one of its APIs. */
export interface Wire<RESPONSE, ITEM> {
  /** Asks for the next answer; streamed, it tells of it as it comes. @throws ProviderResponseError, and what the client throws */
  readonly ask: (isStreamed: boolean) => AsyncGenerator<Told, Turn<RESPONSE>, undefined>
  /** Puts the results of an answer's calls into the conversation. */
  readonly answer: (answers: readonly Answer[]) => void
  /** The whole conversation so far, to go on with. */
  readonly history: () => readonly ITEM[]
}
