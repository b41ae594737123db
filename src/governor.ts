import type { Execute, Execution, IsControlFlow } from './execute/execution.js'
import type { KillSwitchControl } from './kill-switch.js'
import type { Listener } from './report/events.js'
import type { OutcomeReport } from './report/outcome.js'
import type { ApprovalFilter, DecisionFilter } from './store/store.js'
import type { Approval, Decision, DecisionRecord, Scope, ToolCall, ToolProfile } from './types.js'

/** Who and where, and what the caller knows of this one call. */
export interface CallScope extends Scope {
  /** Adds to, and goes before, what the governor's catalog says of the tool. */
  readonly profile?: ToolProfile | undefined
  /** Handed to the tool. */
  readonly signal?: AbortSignal | undefined
  /** The framework brought this call back out of a conversation as approved. */
  readonly resumed?: boolean | undefined
  /** Recognises the framework's control-flow signals, which are thrown on and never recorded as errors. */
  readonly isControlFlow?: IsControlFlow | undefined
}

/** A decision in front of every call, and a record of how each one turned out. */
export interface Governor {
  /** Evaluates and records, marked as a dry run: nothing is counted, held or executed. Never rejects for what a call holds. */
  readonly decide: (call: ToolCall, scope?: CallScope) => Promise<Decision>
  /** Decides a call ahead of its execution, for frameworks that ask in one place and execute in another; `run` then uses this decision. */
  readonly prepare: (call: ToolCall, scope?: CallScope) => Promise<Decision>
  /** Decides, and executes if allowed. A refusal and a tool's error are values; only a framework's control-flow signal is thrown. */
  readonly run: <OUTPUT>(call: ToolCall, execute: Execute<OUTPUT>, scope?: CallScope) => Promise<Execution<OUTPUT>>
  /** The same governor with a narrower scope: a conversation, a user, a tenant. Its events are a run of their own. @throws GovernanceError `invalid-option` for a field that does not exist */
  readonly session: (scope: Scope) => Governor
  /** Calls that wait for a person. */
  readonly approvals: {
    readonly list: (filter?: ApprovalFilter) => Promise<readonly Approval[]>
    readonly get: (id: string) => Promise<Approval | undefined>
  }
  /** What the world answered about a decision. @throws GovernanceError `not-found`, `invalid-call`, `store-failed` */
  readonly reportOutcome: (report: OutcomeReport) => Promise<void>
  readonly decisions: {
    readonly get: (id: string) => Promise<DecisionRecord | undefined>
    readonly list: (filter?: DecisionFilter) => Promise<readonly DecisionRecord[]>
  }
  /** Stops every call, or every call of one tool, in every mode and every process on the store. In a session of a tenant: for that tenant. */
  readonly killSwitch: KillSwitchControl
  /** Listens; a session's listener hears that session. Returns a function that stops it. */
  readonly on: (listener: Listener) => () => void
  /** Waits for running calls, then closes the store. Everything after is blocked. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}
