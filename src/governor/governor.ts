import type { Approval, Grant } from '../approval.js'
import type { ChatAnswer, Resolution, SignedResolution } from '../enforce/approval/resolution.js'
import type { Execute, Execution, IsControlFlow } from '../execute/execution.js'
import type { AuditControl } from '../report/audit/control.js'
import type { ReportStatus } from '../report/courier.js'
import type { Listener } from '../report/events.js'
import type { AutonomyReport } from '../learn/autonomy/gate.js'
import type { Explanation } from '../learn/explain/explanation.js'
import type { ExplainOptions } from './explain.js'
import type { Precedent } from '../learn/past-cases.js'
import type { RelearnProgress } from '../learn/relearning.js'
import type { OutcomeReport } from '../report/outcome.js'
import type { StoredDocument } from '../store/document.js'
import type { ApprovalFilter, DecisionFilter, GrantFilter, Lesson } from '../store/store.js'
import type { ToolProfile } from '../tool-profile.js'
import type { Awaitable, Decision, DecisionRecord, DecisionResult, Scope, ToolCall } from '../types.js'
import type { CalibrationControl, MemoryControl, OutcomeControl } from './insight.js'
import type { LimitUse } from './limits.js'
import type { KillSwitchControl } from './kill-switch.js'
import type { ReceiptControl } from './receipts.js'
import type { Rollback, RollbackOptions } from './rollback.js'

/** What a tool's schema makes of an input: the input as the tool receives it, or what is wrong with it. One that throws has refused. */
export type Validate = (input: unknown) => Awaitable<{ readonly input: unknown } | { readonly problem: string }>

/** How a framework's results are kept in receipts, where they are more than JSON. */
export interface OutputCodec {
  readonly encode: (output: unknown) => unknown
  readonly decode: (stored: unknown) => unknown
}

/** Who and where, and what the caller knows of this one call. */
export interface CallScope extends Scope {
  /** Adds to, and goes before, what the governor's catalog says of the tool. */
  readonly profile?: ToolProfile | undefined
  /** Handed to the tool; ends waiting. */
  readonly signal?: AbortSignal | undefined
  /** The framework brought this call back out of a conversation as approved: it runs only if a request for it was really opened and answered. */
  readonly resumed?: boolean | undefined
  /** What somebody in the conversation answered about this call. */
  readonly answer?: ChatAnswer | undefined
  /** What the user has said in the conversation so far, oldest first: tells where arguments came from. Asked where learning is switched on. */
  readonly said?: (() => readonly string[]) | undefined
  /** The tool's own question: why a person is to be asked though the policy would let the call through. One that throws refuses the call. */
  readonly asks?: (() => Awaitable<string | undefined>) | undefined
  /** Nobody can be asked about this call now, and why: one that would be held is refused, and no request is opened. */
  readonly unaskable?: string | undefined
  /**
   * For `prepare`: the call is executed by whoever asks, where this governor does not see it, so that there is no `run` that
   * has the last word. A call that may go on is counted, uses up its approval and stands in the ledger, all in the commit of
   * its decision. `repeatable`: asked about again under its call id, it has the same answer as long as the policy does not
   * block it meanwhile, and never a second permission. `unrepeatable`: nobody else knows its call id, and nothing is kept to
   * know it by. @defaultValue executed here, by `run`
   */
  readonly elsewhere?: 'repeatable' | 'unrepeatable' | undefined
  /** Of a call that is executed `elsewhere`, and known here in part only: what tells it from others that look the same here. Its digest is of this too. */
  readonly bound?: string | undefined
  /**
   * Documents that are committed with what is decided on a call that is executed `elsewhere`; not called where nothing is
   * written. Where somebody else has written one of them meanwhile, nothing is decided, and `prepare` rejects with
   * GovernanceError `not-pending`. @param result what the call has come to: `allowed` also where a person allowed it
   */
  readonly alongside?: ((decision: Decision, result: DecisionResult) => readonly StoredDocument[]) | undefined
  /**
   * Id of the credential that the call is asked about with, where a service decides for others. It is kept with the decision and the
   * request to a person. What was let go on `elsewhere` for one credential, or is held, is never a permission for another one; and
   * {@link Resolution.credentials} that hold it do not answer.
   */
  readonly askedBy?: string | undefined
  /** A held call waits for its answer instead of ending as `approval_required`. @defaultValue false */
  readonly waits?: boolean | undefined
  /** Checks an input that a reviewer changed. @defaultValue every input fits */
  readonly validate?: Validate | undefined
  /** Another tool that a reviewer may have chosen. @defaultValue such an approval cannot be executed here */
  readonly switchTo?: ((tool: string) => Execute<unknown> | undefined) | undefined
  /** @defaultValue results are kept as JSON holds them */
  readonly outputs?: OutputCodec | undefined
  /** Recognises the framework's control-flow signals, which are thrown on and never recorded as errors. */
  readonly isControlFlow?: IsControlFlow | undefined
}

/** What comes next for a call that was decided on ahead. */
export interface Preparation {
  readonly decision: Decision
  /** `run`: it may go on to `run`, which has the last word. `ask`: a person has to be asked. `refuse`: it will not run. */
  readonly next: 'run' | 'ask' | 'refuse'
  /** What the model is to read of a call that does not go on. */
  readonly message?: string
  /** The request it waits under, or waited. */
  readonly approval?: Approval
  /** Why an answer that came with the call could not be used. */
  readonly problem?: string
  /** Of a call that is executed `elsewhere`: it was let go on before, by this very decision. */
  readonly again?: true
  /** Of a call that is executed `elsewhere`: the decision is that of whoever asked with another credential ({@link CallScope.askedBy}). */
  readonly ofAnother?: true
}

/** A case that was decided elsewhere. */
export interface KnownCase {
  /** Of no other case and of no decision: by it, it is cited. */
  readonly id: string
  /** Whether it turned out to be one that should not have been let through. */
  readonly isBad: boolean
}

/** A decision in front of every call, and a record of how each one turned out. */
export interface Governor {
  /** Evaluates and records, marked as a dry run: nothing is counted, held or executed. Never rejects for what a call holds. */
  readonly decide: (call: ToolCall, scope?: CallScope) => Promise<Decision>
  /** Decides a call ahead of its execution, for frameworks that ask in one place and execute in another; `run` then uses this decision. */
  readonly prepare: (call: ToolCall, scope?: CallScope) => Promise<Preparation>
  /**
   * Decides, and executes if allowed; what was executed before under the same key gives back its receipt instead. A
   * refusal and a tool's error are values; only a framework's control-flow signal is thrown.
   */
  readonly run: <OUTPUT>(call: ToolCall, execute: Execute<OUTPUT>, scope?: CallScope) => Promise<Execution<OUTPUT>>
  /** Who and where it governs: what its sessions narrow. */
  readonly scope: Readonly<Scope>
  /** The same governor with a narrower scope: a conversation, a user, a tenant. Its events are a run of their own. @throws GovernanceError `invalid-option` for a field that does not exist */
  readonly session: (scope: Scope) => Governor
  readonly approvals: ApprovalControl
  /** "Do not ask again for this": given with an approval. */
  readonly grants: {
    readonly list: (filter?: GrantFilter) => Promise<readonly Grant[]>
    /** @throws GovernanceError `not-found`, `not-pending` */
    readonly revoke: (id: string, options: { readonly by: string }) => Promise<Grant>
  }
  /** The effect ledger. */
  readonly receipts: ReceiptControl
  /**
   * Takes back what a session of this scope's tenant did, the latest first, by each tool's `undo`; without a tenant, what
   * was done without one. @throws GovernanceError `invalid-option`
   */
  readonly rollback: (sessionId: string, options?: RollbackOptions) => Promise<readonly Rollback[]>
  /** The audit log. Of a governor without one, everything is refused. */
  readonly audit: AuditControl
  /** What the world answered about a decision, or about several: all of them are checked before one is taken down. @throws GovernanceError `not-found`, `invalid-call`, `store-failed` */
  readonly reportOutcome: (report: OutcomeReport | readonly OutcomeReport[]) => Promise<void>
  /** What a decision service is told of this governor's calls, in the background. Of a governor without one, nothing waits. */
  readonly reports: {
    readonly status: () => Promise<ReportStatus>
    /** Delivers what is due now. Never rejects: what fails is counted, told as `report-failed`, and tried again. */
    readonly flush: () => Promise<void>
  }
  readonly decisions: {
    readonly get: (id: string) => Promise<DecisionRecord | undefined>
    readonly list: (filter?: DecisionFilter) => Promise<readonly DecisionRecord[]>
  }
  /** The decided calls most like this one, best first, and what became of them. Nothing where learning is not switched on. */
  readonly precedents: (
    call: ToolCall,
    options?: CallScope & { readonly limit?: number },
  ) => Promise<readonly Precedent[]>
  /** How the limits that this call counts for stand now. Nothing is counted. @throws what the store throws */
  readonly limits: (call: ToolCall, scope?: CallScope) => Promise<readonly LimitUse[]>
  /**
   * Why a call is decided on as it is, or a decision of this scope's tenant was made (by its id), what is known of calls like it,
   * how its session goes, and what the nearest call is that would be allowed. Nothing is recorded; a decision service
   * is asked, as for a dry run, about each form of the call that is looked at.
   *
   * @throws GovernanceError `not-found` for an id that is not stored, `closed`, `invalid-option`; what the store throws
   */
  readonly explain: (call: ToolCall | string, scope?: CallScope, options?: ExplainOptions) => Promise<Explanation>
  /** How good the risks of decisions were. In a session of a tenant: of that tenant's. */
  readonly calibration: CalibrationControl
  /** What outcomes say of recommendations; likewise. */
  readonly outcomes: OutcomeControl
  /** What happened of late, and what it suggests; likewise. */
  readonly memory: MemoryControl
  /** What is let through because of what was learnt. In a session of a tenant: of that tenant's calls. */
  readonly autonomy: {
    /** How each class of calls stands, by the ids of the rules that ask: how many were asked about, how many let through, and the bound on the error. */
    readonly report: () => Promise<Readonly<Record<string, AutonomyReport>>>
    /** Forbids that calls of a class go through unasked, in every process on the store, until `restore`. @throws GovernanceError `not-found` where learning is not switched on */
    readonly veto: (of: string, options: { readonly by: string }) => Promise<void>
    /** Takes a veto back. @throws GovernanceError `not-found` where learning is not switched on */
    readonly restore: (of: string, options: { readonly by: string }) => Promise<void>
  }
  /** For whoever keeps cases of his own, as a decision service does. In a session of a tenant: of that tenant's. */
  readonly lessons: {
    /**
     * The lesson that a call was decided elsewhere and turned out so, to be committed with what is kept of it (`Commit.lessons`): half as
     * much as an own label, and nothing for the bound of autonomy. Once per case; one of the same id corrects it. Nothing where learning is not switched on.
     */
    readonly imported: (call: ToolCall, known: KnownCase, scope?: CallScope) => Promise<Lesson | undefined>
    /**
     * Throws away what this process has learnt, and learns it anew from the lessons that the store has, in the background; until then what was
     * known holds. How many lessons that were. @throws what the store throws; GovernanceError `not-found` where learning is not switched on
     */
    readonly relearn: (told?: (progress: RelearnProgress) => Awaitable<void>) => Promise<number>
  }
  /** Stops every call, or those of a tool, a domain or a rule, in every mode and every process on the store. In a session of a tenant: for that tenant. */
  readonly killSwitch: KillSwitchControl
  /** Listens; a session's listener hears that session. Returns a function that stops it. */
  readonly on: (listener: Listener) => () => void
  /** Waits for running calls, then closes the store. Everything after is blocked. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Calls that wait for a person. */
export interface ApprovalControl {
  /** Newest first. Ones whose time is over are listed as what they are: `expired`, or escalated. */
  readonly list: (filter?: ApprovalFilter) => Promise<readonly Approval[]>
  readonly get: (id: string) => Promise<Approval | undefined>
  /** The newest request that was opened for this call in this very scope, by whoever acted. What JSON makes of an input counts as that input. */
  readonly find: (call: ToolCall) => Promise<Approval | undefined>
  /**
   * What the person in the conversation answered about a call, as the page claims: recorded as by the scope's `user`, if
   * the request is theirs to answer. A request that is settled stays as it is, except that an approval which was not used
   * yet can be taken back.
   *
   * @throws GovernanceError `not-found` where nobody was asked about this call in this scope; `not-permitted`, `not-pending`
   */
  readonly answer: (call: ToolCall, answer: ChatAnswer) => Promise<Approval>
  /**
   * A person's answer. The caller vouches for `by`; with the option `publicKeys`, only a signed answer counts. The same
   * answer once more changes nothing.
   *
   * @throws GovernanceError `not-found`; `not-pending` when it was answered otherwise, or nobody did in time;
   * `not-permitted` for whoever may not answer, the acting principal first of all; `invalid-token`; `invalid-option`;
   * `invalid-call` or `blocked` for a changed input that the tool's schema or the policy refuses
   */
  readonly resolve: (id: string, resolution: Resolution | SignedResolution) => Promise<Approval>
  /** Waits until a request is answered, or expires. @throws GovernanceError `not-found`; the signal's reason */
  readonly wait: (id: string, options?: { readonly signal?: AbortSignal }) => Promise<Approval>
}
