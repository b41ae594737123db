import type {
  Approval,
  Awaitable,
  Decision,
  DecisionRecord,
  DecisionResult,
  ExecutionRecord,
  ExecutionStatus,
  KillSwitch,
  Outcome,
} from '../types.js'

/** What a call would add to one sliding window, and how much the window may hold. */
export interface WindowSpend {
  /** Names the window: the rule and what it is kept per. */
  readonly key: string
  readonly windowMs: number
  /** In millionths, so that sums are exact. */
  readonly amount: number
  /** In millionths. `Infinity` counts without limiting. */
  readonly max: number
}

/** One decision to be stored, with all that must become true in the same instant. */
export interface DecisionEntry {
  readonly decision: Decision
  /** Counted only if every window has room; else nothing of the entry is stored. No window twice. */
  readonly spends: readonly WindowSpend[]
  /** The pending request, where the call is held. */
  readonly approval?: Approval
}

/** `exceeded` names the first window without room: another call took it since it was looked at. */
export type RecordResult = { readonly stored: true } | { readonly stored: false; readonly exceeded: string }

/** Filters of a listing; newest first. */
export interface DecisionFilter {
  readonly tool?: string
  readonly actor?: string
  readonly sessionId?: string
  readonly tenant?: string
  readonly result?: DecisionResult
  readonly status?: ExecutionStatus
  /** Epoch milliseconds, inclusive. */
  readonly since?: number
  /** Id of a decision; only older ones are listed. */
  readonly before?: string
  /** @defaultValue 100, at most 1000 */
  readonly limit?: number
}

/** Filters of a listing; newest first. */
export interface ApprovalFilter {
  readonly tool?: string
  readonly actor?: string
  readonly sessionId?: string
  readonly tenant?: string
  /** @defaultValue 100, at most 1000 */
  readonly limit?: number
}

/** Which approval a held call already has. */
export interface ApprovalBinding {
  readonly callId: string
  readonly tool: string
  readonly digest: string
  readonly actor: string
  readonly sessionId: string | undefined
  readonly tenant: string | undefined
  readonly policyVersion: string
}

/**
 * Where decisions, executions, outcomes, windows, approvals and kill switches live. What a method acknowledges (returns
 * from, or resolves) survives what the store promises to survive. Several governors, in several processes, may share one.
 * Records are kept as JSON keeps them, and as copies: what was passed in or given back may be changed without harm.
 * Prove an implementation with `testStore` from `countersign/testing`.
 */
export interface Store {
  /** For messages: `memory`, `sqlite`. */
  readonly name: string
  /** Stores a decision, its spends and its approval: all or nothing. A second decision of the same id is an error. */
  readonly recordDecision: (entry: DecisionEntry) => Awaitable<RecordResult>
  /** Stores how a call ended; a second record for one decision replaces the first. Of a decision that is not there, nothing is kept. */
  readonly recordExecution: (execution: ExecutionRecord) => Awaitable<void>
  readonly recordOutcome: (outcome: Outcome) => Awaitable<void>
  readonly getDecision: (id: string) => Awaitable<DecisionRecord | undefined>
  readonly listDecisions: (filter: DecisionFilter) => Awaitable<readonly DecisionRecord[]>
  /** What each window holds at `at`, in millionths, in the order asked. */
  readonly readWindows: (windows: readonly WindowSpend[], at: number) => Awaitable<readonly number[]>
  readonly getApproval: (id: string) => Awaitable<Approval | undefined>
  /** The first of those that are bound to exactly this. */
  readonly findApproval: (binding: ApprovalBinding) => Awaitable<Approval | undefined>
  /** Newest first. */
  readonly listApprovals: (filter: ApprovalFilter) => Awaitable<readonly Approval[]>
  /** Switches that are on. Read before every decision: it must be cheap, and see what other processes did. */
  readonly killSwitches: () => Awaitable<readonly KillSwitch[]>
  /** Turns a switch on; replaces one of the same tool and tenant. */
  readonly activateKillSwitch: (killSwitch: KillSwitch) => Awaitable<void>
  /** Turns a switch off; whether there was one. */
  readonly deactivateKillSwitch: (scope: Pick<KillSwitch, 'tool' | 'tenant'>) => Awaitable<boolean>
  readonly close: () => Awaitable<void>
}
