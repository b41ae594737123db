import type { Approval, Grant } from '../approval.js'
import type { Receipt } from '../receipt.js'
import type { CircuitChange } from '../service/resilience.js'
import type { AutonomyChange, Decision, ExecutionRecord, KillSwitch, Outcome } from '../types.js'

/** Version of the shape of events. */
export const SCHEMA_VERSION = 1

/** What every event carries. */
export interface EventBase {
  /** Unique: consumers that may see an event twice drop the second by it. */
  readonly eventId: string
  /** The run. */
  readonly traceId: string
  /** Position in the run: 0, 1, 2 … without gaps, in the order things happened. */
  readonly seq: number
  /** Id of the decision the event is about. */
  readonly requestId: string | undefined
  readonly schemaVersion: typeof SCHEMA_VERSION
  /** `countersign@` and the package's version. */
  readonly sourceVersion: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** What of a call's input events show: nothing, unless the governor was told otherwise. */
export interface CallView {
  readonly id: string
  readonly name: string
  /** `[redacted]`, or the input with its profile's redactions where `inputs: 'visible'` was chosen. */
  readonly input: unknown
}

/** A request to a person as events show it: the call comes redacted beside it, and of an edit only where it changed something. */
export type ApprovalView = Pick<
  Approval,
  'id' | 'status' | 'decisionId' | 'at' | 'expiresAt' | 'digest' | 'actor' | 'reason' | 'approver' | 'policyVersion'
> & {
  readonly tool: string
  readonly callId: string
  readonly user?: string
  readonly tenant?: string
  readonly sessionId?: string
  readonly escalated?: true
  /** Whose answer settled it. */
  readonly by?: string
  readonly comment?: string
  /** Paths that an approver changed. */
  readonly changed?: readonly string[]
}

/** An effect as events show it: without what went in and what came out. */
export type ReceiptView = Pick<Receipt, 'key' | 'status' | 'fence' | 'tool' | 'callId' | 'decisionId'>

/** What happened, as observers see it. */
export type GovernanceEvent = EventBase & EventBody

/** The part of an event that depends on its type. */
export type EventBody =
  | { readonly type: 'decision-made'; readonly decision: Decision; readonly call: CallView }
  | {
      readonly type: 'approval-requested'
      readonly decision: Decision
      readonly approval: ApprovalView
      readonly call: CallView
    }
  /** Somebody answered, or nobody did in time: see its `status`. A vote that settles nothing yet leaves it `pending`. */
  | { readonly type: 'approval-changed'; readonly approval: ApprovalView }
  /** Nothing was executed: the same call ran before, and this is its receipt. */
  | { readonly type: 'receipt-returned'; readonly receipt: ReceiptView }
  /** An effect was begun, and whoever ran it is gone: a person has to find out, or the tool's `reconcile`. */
  | { readonly type: 'effect-unknown'; readonly receipt: ReceiptView }
  | { readonly type: 'grant-changed'; readonly grant: Grant }
  | { readonly type: 'tool-executed'; readonly decision: Decision; readonly execution: ExecutionRecord }
  | { readonly type: 'tool-refused'; readonly decision: Decision; readonly execution: ExecutionRecord }
  | { readonly type: 'tool-suspended'; readonly decision: Decision }
  | { readonly type: 'outcome-reported'; readonly outcome: Outcome }
  | { readonly type: 'kill-switch-changed'; readonly active: boolean; readonly killSwitch: KillSwitch }
  /** What may be let through unasked has changed for a class of calls: proved, revoked, or a person has said so. */
  | {
      readonly type: 'autonomy-changed'
      readonly tenant: string | undefined
      /** Ids of the rules that ask. */
      readonly of: string
      readonly change: AutonomyChange
    }
  /** The circuit breaker in front of a decision service changed: while it is `open`, the service is not asked. */
  | { readonly type: 'circuit-changed'; readonly host: string; readonly state: CircuitChange['state'] }
  /** Reports to others were not delivered: they will be tried again, unless they were `dropped`. `error` stays in this process. */
  | {
      readonly type: 'report-failed'
      readonly kind: string
      readonly count: number
      readonly dropped: boolean
      readonly error: unknown
    }
  /** An evaluation could not be made; the decision says what the fail mode made of it. `error` stays in this process. */
  | { readonly type: 'evaluation-failed'; readonly decision: Decision; readonly error: unknown }
  /** Something could not be written down after the fact. `error` stays in this process. */
  | { readonly type: 'store-failed'; readonly operation: string; readonly error: unknown }
  /** A listener threw or rejected. Told to the others, once per listener. */
  | { readonly type: 'observer-failed'; readonly error: unknown }

/** One type of event: `EventOf<'decision-made'>`. */
export type EventOf<TYPE extends GovernanceEvent['type']> = Extract<GovernanceEvent, { readonly type: TYPE }>

/** Listens to events. It is never waited for, and what it throws never reaches a call. */
export type Listener = (event: GovernanceEvent) => unknown
