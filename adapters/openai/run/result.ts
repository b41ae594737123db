import type { ApprovalLoop } from 'countersign'
import type { ChatCompletion } from 'openai/resources/chat/completions'
import type { Response } from 'openai/resources/responses/responses'
import type { ToolExecutionEvent } from '../call/execution-event.js'
import type { StreamUsage } from '../stream/events.js'
import type { Api, ItemOf } from './options.js'

/** The provider's answer, by API. */
export interface AnswerOf {
  readonly responses: Response
  readonly chat: ChatCompletion
}

/** What a run comes to. */
export interface GovernedRunResult<API extends Api = 'responses'> {
  /** The provider's last answer, as it came. */
  readonly llmResponse: AnswerOf[API]
  /** Its text. */
  readonly text: string
  readonly execution: {
    /** Every proposed call, in the order in which they ended. */
    readonly events: readonly ToolExecutionEvent[]
    readonly last: ToolExecutionEvent | undefined
  }
  /** What became of the last call that a person had to be asked about. */
  readonly approvalLoop: ApprovalLoop | undefined
  /** The same of each of them. */
  readonly approvalLoops: readonly ApprovalLoop[]
  /** Why the last answer is not complete, in the provider's word; nothing of it was executed then. */
  readonly incomplete: string | undefined
  /** The whole conversation, to go on with. */
  readonly history: readonly ItemOf[API][]
  /** Tokens of each answer. */
  readonly usages: readonly StreamUsage[]
  readonly traceId: string
  readonly sessionId: string
}
