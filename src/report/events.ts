import type { Approval, Decision, ExecutionRecord, KillSwitch, Outcome } from '../types.js'

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

/** What happened, as observers see it. */
export type GovernanceEvent = EventBase & EventBody

/** The part of an event that depends on its type. */
export type EventBody =
  | { readonly type: 'decision-made'; readonly decision: Decision; readonly call: CallView }
  | {
      readonly type: 'approval-requested'
      readonly decision: Decision
      readonly approval: Omit<Approval, 'call'>
      readonly call: CallView
    }
  | { readonly type: 'tool-executed'; readonly decision: Decision; readonly execution: ExecutionRecord }
  | { readonly type: 'tool-refused'; readonly decision: Decision; readonly execution: ExecutionRecord }
  | { readonly type: 'tool-suspended'; readonly decision: Decision }
  | { readonly type: 'outcome-reported'; readonly outcome: Outcome }
  | { readonly type: 'kill-switch-changed'; readonly active: boolean; readonly killSwitch: KillSwitch }
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
