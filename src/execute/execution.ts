import type { Decision } from '../types.js'

/** What `run` comes to. Each status carries only its own fields. */
export type Execution<OUTPUT = unknown> =
  | { readonly status: 'executed'; readonly decision: Decision; readonly output: OUTPUT }
  | { readonly status: 'blocked'; readonly decision: Decision; readonly message: string }
  | {
      readonly status: 'approval_required'
      readonly decision: Decision
      readonly message: string
      readonly approvalId: string
    }
  | { readonly status: 'tool_error'; readonly decision: Decision; readonly error: unknown }

/** What a governed tool is handed. */
export interface ExecutionContext {
  /** The same for the same call of the same session, in every process: pass it on to whatever has effects. */
  readonly idempotencyKey: string
  readonly signal: AbortSignal | undefined
  /** The input that was decided on. */
  readonly input: unknown
  readonly decision: Decision
}

/** The tool itself. */
export type Execute<OUTPUT> = (context: ExecutionContext) => OUTPUT | PromiseLike<OUTPUT>

/** Errors that are not errors but a framework's signals: they pass through untouched and are not recorded as a failure. */
export type IsControlFlow = (error: unknown) => boolean
