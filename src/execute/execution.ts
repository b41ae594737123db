import type { Edit } from '../approval.js'
import type { Decision } from '../types.js'

/** What became of a call that a person had to be asked about. */
export interface ApprovalLoop {
  readonly required: true
  /** Somebody has answered, or nobody did in time. */
  readonly resolved: boolean
  /** The call went on, with the stored arguments. */
  readonly resumed: boolean
  /** Id of the approval. */
  readonly requestId: string
  /** Why it could not be asked, or the answer could not be used. */
  readonly error?: string
}

/** What an execution may say besides. */
interface Asked {
  /** Set where a person had to be asked. */
  readonly approvalLoop?: ApprovalLoop
}

/** What an execution that ran may say besides. */
interface Ran extends Asked {
  /** It ran before, and this is its receipt: nothing was executed now. */
  readonly replayed?: true
  /** What a reviewer had changed before it ran. */
  readonly edit?: Edit
  /** What the model is to be told of that change. */
  readonly notice?: string
}

/** What `run` comes to. Each status carries only its own fields. */
export type Execution<OUTPUT = unknown> =
  | ({ readonly status: 'executed'; readonly decision: Decision; readonly output: OUTPUT } & Ran)
  | ({ readonly status: 'blocked'; readonly decision: Decision; readonly message: string } & Asked)
  | ({
      readonly status: 'approval_required'
      readonly decision: Decision
      readonly message: string
      readonly approvalId: string
    } & Asked)
  | ({ readonly status: 'tool_error'; readonly decision: Decision; readonly error: unknown } & Ran)

/** What a governed tool is handed. */
export interface ExecutionContext {
  /** The same for the same call of the same session, in every process: pass it on to whatever has effects. */
  readonly idempotencyKey: string
  /** Grows whenever the same call is begun again: whoever keeps the highest one seen can refuse a process that was given up. */
  readonly fencingToken: number
  readonly signal: AbortSignal | undefined
  /** The input that was decided on, and approved where a person was asked: it need not be the one that was proposed. */
  readonly input: unknown
  readonly decision: Decision
}

/** The tool itself. */
export type Execute<OUTPUT> = (context: ExecutionContext) => OUTPUT | PromiseLike<OUTPUT>

/**
 * Errors that are not errors but a framework's signals: they pass through untouched and are not recorded as a failure.
 * `true`: the call is suspended, and the framework will bring it again. `ended`: it is over, and must not run once more.
 */
export type IsControlFlow = (error: unknown) => boolean | 'ended'
