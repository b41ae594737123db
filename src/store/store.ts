import type { Approval, ApprovalStatus, Grant } from '../approval.js'
import type { AuditBatch, AuditEntry } from '../audit-entry.js'
import type { Receipt, ReceiptStatus } from '../receipt.js'
import type {
  Awaitable,
  Decision,
  DecisionRecord,
  DecisionResult,
  ExecutionRecord,
  ExecutionStatus,
  KillSwitch,
  KillSwitchScope,
  Outcome,
} from '../types.js'
import type { StoredDocument } from './document.js'

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

/**
 * What must become true in one instant: all of it or nothing. An approval, a receipt, a grant or a document is written by
 * compare-and-swap: revision 1 only where there is none yet, revision n + 1 only in the place of revision n. What a record
 * is about (its tenant, session, actor, tool and call, the decision of an approval) is said with revision 1: no later one is
 * about anything else, and a store may look for a record by what it was first.
 */
export interface Commit {
  /** Epoch milliseconds: the time windows are counted at. */
  readonly at: number
  /** A second decision of the same id is an error. */
  readonly decision?: Decision
  /** How a call ended; a second one for a decision replaces the first. Of a decision that is not there, nothing is kept. */
  readonly execution?: ExecutionRecord
  readonly outcome?: Outcome
  /** Counted only if every window has room. No window twice. */
  readonly spends?: readonly WindowSpend[]
  /** There is one at most for a key and a policy version. */
  readonly approval?: Approval
  /** There is one at most for a key. */
  readonly receipt?: Receipt
  readonly grant?: Grant
  /** In their order. For a `DocumentStore`. */
  readonly documents?: readonly StoredDocument[]
  /** What learners learn, after all that is there. */
  readonly lessons?: readonly Lesson[]
  /** To be told to others; each of a new id. */
  readonly outbox?: readonly OutboxItem[]
  /** Appended to the audit log. */
  readonly audit?: AuditBatch
}

/** Something to learn from. All learners on a store learn the same lessons in the same order. */
export interface Lesson {
  /** The decision it is about: with the erasure of that decision's personal fields, its body is emptied. */
  readonly decisionId: string
  readonly tenant?: string
  /** `case`: a call as a learner sees it. `label`: how it turned out. */
  readonly kind: 'case' | 'label'
  /** What the learner wrote. */
  readonly body: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** A lesson in its place. */
export interface StoredLesson extends Lesson {
  /** Grows from lesson to lesson, in the order in which they can be seen: nothing appears later with a lower one. */
  readonly seq: number
}

/** Part of the lessons; oldest first. */
export interface LessonRange {
  /** Only lessons with a higher `seq`. */
  readonly after: number
  /** @defaultValue 1000; from 1 to 10_000 */
  readonly limit?: number
}

/** What a learner had learnt at some point, so that it need not begin anew. */
export interface Snapshot {
  /** Whose it is. */
  readonly name: string
  /** Of the last lesson in it. */
  readonly seq: number
  readonly bytes: Uint8Array
}

/** Something that others are to be told, kept until they have it. */
export interface OutboxItem {
  /** Unique: who is told twice drops the second by it. */
  readonly id: string
  /** Who is to be told. */
  readonly destination: string
  /** What kind of news it is; what is told together is of one kind. */
  readonly kind: string
  /** The decision it is about: with the erasure of that decision's personal fields, it is dropped. */
  readonly decisionId: string
  /** JSON. */
  readonly body: string
  /** Epoch milliseconds: due from then on. */
  readonly at: number
}

/** An item that somebody is about to tell. */
export interface ClaimedItem extends OutboxItem {
  /** How often it was claimed, this time included. */
  readonly attempts: number
}

/** Whose items are to be told now. */
export interface OutboxClaim {
  readonly destination: string
  /** Epoch milliseconds: only what is due then. */
  readonly at: number
  /** Epoch milliseconds: until then nobody else gets what is claimed; after that, whoever claimed it is taken for dead. */
  readonly until: number
  /** At most 1000; where it is less than 1, nothing is claimed. */
  readonly limit: number
}

/** What became of claimed items; what is not there any more is passed over. */
export interface OutboxSettlement {
  /** Ids of items that were told, or never will be: removed. */
  readonly done: readonly string[]
  /** Items to be claimed again from `due` on, in epoch milliseconds. */
  readonly later?: readonly { readonly id: string; readonly due: number }[]
}

/** What was in the way of a commit; then nothing of it was stored. */
export type CommitResult =
  | { readonly committed: true }
  /** The first window without room: another call took it since it was looked at. */
  | { readonly committed: false; readonly exceeded: string }
  /** What somebody else has written since it was looked at. */
  | { readonly committed: false; readonly conflict: 'approval' | 'receipt' | 'grant' | 'document' }

/** Filters of a listing; newest first. */
export interface DecisionFilter {
  readonly tool?: string
  readonly actor?: string
  readonly sessionId?: string
  /** `null`: only what belongs to no tenant. @defaultValue all tenants' */
  readonly tenant?: string | null
  readonly result?: DecisionResult
  readonly status?: ExecutionStatus
  /** `false`: only those of which nobody has reported yet what the world answered. */
  readonly hasOutcome?: boolean
  /** Epoch milliseconds, inclusive. */
  readonly since?: number
  /** Id of a decision; only older ones are listed. */
  readonly before?: string
  /** @defaultValue 100; from 1 to 1000 */
  readonly limit?: number
}

/** Filters of a listing; newest first. */
export interface ApprovalFilter {
  /** As it is stored: a pending one whose time is over is still stored as pending until somebody looks after it. */
  readonly status?: ApprovalStatus
  readonly tool?: string
  readonly callId?: string
  readonly actor?: string
  readonly sessionId?: string
  /** `null`: only what belongs to no tenant. @defaultValue all tenants' */
  readonly tenant?: string | null
  /** Id of an approval; only older ones are listed. */
  readonly before?: string
  /** @defaultValue 100; from 1 to 1000 */
  readonly limit?: number
}

/** Filters of a listing; the effect that was claimed last comes first. */
export interface ReceiptFilter {
  readonly status?: ReceiptStatus
  readonly tool?: string
  readonly sessionId?: string
  readonly tenant?: string
  /** Key of a receipt; only older ones are listed. */
  readonly before?: string
  /** @defaultValue 100; from 1 to 1000 */
  readonly limit?: number
}

/** Filters of a listing; newest first. */
export interface GrantFilter {
  readonly tool?: string
  readonly actor?: string
  readonly tenant?: string
  /** Epoch milliseconds: only those that still hold then, are not revoked and not used up. */
  readonly liveAt?: number
  /** @defaultValue 100; from 1 to 1000 */
  readonly limit?: number
}

/** Part of the audit log; oldest first. */
export interface AuditRange {
  /** Only entries with a higher `seq`. @defaultValue 0 */
  readonly after?: number
  readonly decisionId?: string
  /** @defaultValue 1000; from 1 to 10_000 */
  readonly limit?: number
}

/** Which personal fields of one call are to be forgotten. */
export interface Erasure {
  readonly decisionId: string
  /** Names as in `AuditEntry.personal`. */
  readonly fields: readonly string[]
}

/**
 * Where decisions, approvals, receipts, windows, grants, kill switches, the audit log, lessons, snapshots and the outbox
 * live. What a method acknowledges (returns from, or resolves) survives what the store promises to survive. Several
 * governors, in several processes, may share one. Records are kept as JSON keeps them, and as copies: what was passed in or
 * given back may be changed without harm. Prove an implementation with `testStore` from `countersign/testing`.
 */
export interface Store {
  /** For messages: `memory`, `sqlite`, `postgres`. */
  readonly name: string
  /** The one way to write what governance relies on. */
  readonly commit: (commit: Commit) => Awaitable<CommitResult>
  readonly getDecision: (id: string) => Awaitable<DecisionRecord | undefined>
  readonly listDecisions: (filter: DecisionFilter) => Awaitable<readonly DecisionRecord[]>
  /** What each window holds at `at`, in millionths, in the order asked. */
  readonly readWindows: (windows: readonly WindowSpend[], at: number) => Awaitable<readonly number[]>
  readonly getApproval: (id: string) => Awaitable<Approval | undefined>
  /** The one asked under this policy; without a policy, the newest. */
  readonly findApproval: (key: string, policyVersion?: string) => Awaitable<Approval | undefined>
  readonly listApprovals: (filter: ApprovalFilter) => Awaitable<readonly Approval[]>
  /** Read before every governed effect: it must be cheap, and see what other processes did. */
  readonly getReceipt: (key: string) => Awaitable<Receipt | undefined>
  readonly listReceipts: (filter: ReceiptFilter) => Awaitable<readonly Receipt[]>
  readonly getGrant: (id: string) => Awaitable<Grant | undefined>
  readonly listGrants: (filter: GrantFilter) => Awaitable<readonly Grant[]>
  readonly readAudit: (range: AuditRange) => Awaitable<readonly AuditEntry[]>
  /**
   * Forgets fields for good wherever they are stored: in the audit log's `personal`, in the decision (a text becomes
   * `[erased]`, anything else is removed), in the call of its approvals, in the grants that were given with them and in its
   * receipt; drops what others are still to be told of it, and empties its lessons. A snapshot stays as it is. Appends
   * `audit` with it.
   */
  readonly erase: (erasure: Erasure, audit: AuditBatch) => Awaitable<void>
  /** Switches that are on. Read before every decision: it must be cheap, and see what other processes did. */
  readonly killSwitches: () => Awaitable<readonly KillSwitch[]>
  /** Turns a switch on; replaces one of the same scope. */
  readonly activateKillSwitch: (killSwitch: KillSwitch, audit?: AuditBatch) => Awaitable<void>
  /** Turns a switch off; whether there was one. Appends `audit` only then. */
  readonly deactivateKillSwitch: (scope: KillSwitchScope, audit?: AuditBatch) => Awaitable<boolean>
  readonly readLessons: (range: LessonRange) => Awaitable<readonly StoredLesson[]>
  /** Keeps a snapshot in the place of one of the same name, unless that has a higher `seq`. */
  readonly saveSnapshot: (snapshot: Snapshot) => Awaitable<void>
  readonly loadSnapshot: (name: string) => Awaitable<Snapshot | undefined>
  /**
   * Takes items that are due, oldest first (in the order in which they were committed), for one process to tell. Asked
   * again and again: it must be cheap where nothing is due.
   */
  readonly claimOutbox: (claim: OutboxClaim) => Awaitable<readonly ClaimedItem[]>
  readonly settleOutbox: (settlement: OutboxSettlement) => Awaitable<void>
  /** How many items wait for a destination, claimed ones included. */
  readonly countOutbox: (destination: string) => Awaitable<number>
  /**
   * Where a store can tell what any process writes: calls `changed` with the id of each approval that is written again and the
   * key of each receipt of an effect that no longer runs, and with nothing where anything may have been missed. Best effort: who waits
   * looks now and then by himself. Rejects where it cannot tell at the moment; gives back how to be told no longer.
   */
  readonly watch?: (changed: (key: string | undefined) => void) => Awaitable<() => void>
  readonly close: () => Awaitable<void>
}
