import type { ToolAnnotations } from './tool-profile.js'

// The nouns. One word, one meaning; string values are spelt as decision services spell them on the wire.

/** A value or a promise of it: what a part may return that is sometimes synchronous. */
export type Awaitable<T> = T | PromiseLike<T>

/** What the model proposes. */
export interface ToolCall {
  /** The framework's id of this call; a new one for every proposal. */
  readonly id: string
  /** Name of the tool. */
  readonly name: string
  /** Arguments as the tool will receive them. */
  readonly input: unknown
}

/** Who and where: narrows a governor ({@link Governor.session}) or one call. */
export interface Scope {
  /** Who acts: the agent's principal. */
  readonly actor?: string | undefined
  readonly domain?: string | undefined
  /** The authenticated person in the conversation. */
  readonly user?: string | undefined
  /** Customer or organisation; limits, switches and approvals never cross it. */
  readonly tenant?: string | undefined
  /** Storage scope of a conversation or run. */
  readonly sessionId?: string | undefined
  /** Id of the run that events are numbered in. @defaultValue one per governor or session */
  readonly traceId?: string | undefined
  /** Model that proposed the call. */
  readonly model?: string | undefined
}

/** Who and where, as rules and records see it. */
export interface SessionFacts {
  readonly id: string | undefined
  readonly user: string | undefined
  readonly tenant: string | undefined
  readonly model: string | undefined
  readonly traceId: string
}

/** Everything an evaluation may look at. Rules receive it with `input` typed by the tool's schema. */
export interface EvaluationRequest<INPUT = unknown> {
  readonly call: ToolCall
  /** Name of the tool. */
  readonly tool: string
  readonly input: INPUT
  /** SHA-256 (hex) of the RFC 8785 form of the input; of a call that is executed elsewhere, also of what it is `bound` to. */
  readonly digest: string
  readonly action: string
  readonly actor: string
  readonly domain: string | undefined
  readonly value: number | undefined
  readonly target: string | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  readonly annotations: ToolAnnotations
  readonly session: SessionFacts
  /** Epoch milliseconds. */
  readonly at: number
}

/** What a rule says of a call it applies to. */
export type Effect = 'allow' | 'deny' | 'require_approval'

/** One rule's answer; a rule that does not apply is silent. */
export interface Finding {
  /** Id of the rule. */
  readonly rule: string
  readonly effect: Effect
  readonly reason: string
  /** A deny that blocks in every mode, advisory included. */
  readonly hard?: boolean
}

/** What is advised, in the words decision services use on the wire. */
export type Recommendation = 'proceed' | 'proceed_with_caution' | 'review_recommended' | 'do_not_proceed'
/** How sure a recommendation is. */
export type Confidence = 'high' | 'medium' | 'low'
/** `advisory`: record, execute anyway. `review`: a doubt is held. `enforced`: the verdict decides. */
export type EnforcementMode = 'advisory' | 'review' | 'enforced'
/** What a decision says. Not the same word as {@link ExecutionStatus}. */
export type DecisionResult = 'allowed' | 'blocked' | 'requires_approval'
/** What then happened to the call. */
export type ExecutionStatus = 'executed' | 'blocked' | 'approval_required' | 'tool_error'
/** What an evaluation that cannot be made means. */
export type FailMode = 'closed' | 'open'

/** Whose word a decision is where the evaluator could not be asked: the policy's alone, or the evaluator's own of before. */
export type Fallback = 'local' | 'last_known'

/** What a decision service said of a call. */
export interface ServiceFacts {
  /** What the service calls its decision: its outcomes and approvals go by this. */
  readonly requestId?: string
  /** Its answer as it came, with what this version does not know; not kept where it is longer than 16,384 characters. */
  readonly raw?: Readonly<Record<string, unknown>>
  /** Epoch milliseconds at which it was given. */
  readonly answeredAt?: number
}

/** What was to be expected of a call, from what had been learnt by the time it was decided. */
export interface Learned {
  /** Probability that a person would refuse the call, or the world punish it. */
  readonly risk: number
  /** Probability that the tool fails. */
  readonly errorRisk: number
  /** How much the estimate stands on. */
  readonly confidence: Confidence
  /** What is advised by it; the decision itself is the policy's. */
  readonly recommendation: Recommendation
  /** What following that advice is expected to cost beyond knowing the answer, in questions to a person. */
  readonly projectedRegret: number
  /** Labelled cases that speak of it: of exactly this call, of calls that differ in one value, of its tool; and the share of its values that were in one. */
  readonly evidence: {
    readonly exact: number
    readonly nearly: number
    readonly tool: number
    readonly familiar: number
  }
  /** Of a call that a person is asked about: what became of similar ones. */
  readonly precedents?: string
  /** Of a call that a rule with `autonomy` asks about: whether it went through unasked, or was asked about by chance. */
  readonly autonomy?: {
    /** Ids of the rules that asked. */
    readonly of: string
    readonly audited: boolean
    readonly letThrough: boolean
    readonly auditWeight?: number
  }
  /** The call as hashes and bins, to learn from later; goes with the erasure of any field. */
  readonly view?: string
}

/** A change of what may be let through. */
export interface AutonomyChange {
  /** `vetoed`, `restored`: a person has said so. */
  readonly kind: 'granted' | 'revoked' | 'vetoed' | 'restored'
  /** Risk under which calls are let through from now on; 0 lets none through. */
  readonly threshold: number
  /** Calls that it stands on, and how many of them were bad. */
  readonly cases: number
  readonly bad: number
  /** Upper bound on the error among calls under the threshold (Clopper and Pearson 1934), at the confidence. */
  readonly bound: number
}

/** The record of one evaluation. */
export interface Decision {
  /** Also the `requestId` of events and the id outcomes are reported against. */
  readonly id: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly traceId: string
  readonly callId: string
  readonly tool: string
  /** SHA-256 (hex) of the RFC 8785 form of the input; the input itself is not kept. */
  readonly digest: string
  readonly action: string
  readonly actor: string
  readonly domain?: string
  readonly value?: number
  readonly target?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly user?: string
  readonly tenant?: string
  readonly sessionId?: string
  readonly model?: string
  /** Id of the credential that it was asked for with, where it came over a service; see `CallScope.askedBy`. */
  readonly askedBy?: string
  readonly findings: readonly Finding[]
  readonly recommendation?: Recommendation
  readonly confidence?: Confidence
  /** 0..1, where the evaluator states one. */
  readonly riskScore?: number
  readonly mode: EnforcementMode
  readonly result: DecisionResult
  readonly reason: string
  /** Name and version (first 16 hex digits of its SHA-256) of the policy that was asked. */
  readonly policy: { readonly name: string; readonly version: string }
  /** Who answered: `local`, or the name of the evaluator. */
  readonly evaluator: string
  /** Set where learning is switched on, once it has begun. */
  readonly learned?: Learned
  /** Set when a decision service was asked, or its last answer was used. */
  readonly service?: ServiceFacts
  /** Set when the evaluator could not be asked, and somebody else's word was taken. */
  readonly fallback?: Fallback
  /** Set when the evaluation could not be made: the fail mode that decided instead. */
  readonly failMode?: FailMode
  /** Made by `decide`: nothing was counted, held or executed. */
  readonly dryRun?: boolean
  /** Set when `result` is `requires_approval` and the request was opened. */
  readonly approvalId?: string
  /** The standing grant that let the call through instead of a person. */
  readonly grantId?: string
}

/** How an allowed call ended, or why it never began, as it is stored. */
export interface ExecutionRecord {
  readonly decisionId: string
  readonly status: ExecutionStatus
  /** Epoch milliseconds at which it ended. */
  readonly at: number
  /** Milliseconds the tool took; 0 when it did not run. */
  readonly durationMs: number
  /** Name and message of the tool's error. */
  readonly error?: string
}

/** What the world answered later. */
export interface Outcome {
  readonly id: string
  readonly decisionId: string
  /** `SUCCESS`, `FAILURE`, `BLOCKED`, `FRAUD`, `CHURN`, or a word of your own. */
  readonly status: string
  /** Epoch milliseconds at which it was reported. */
  readonly at: number
  readonly description?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly reportedBy?: string
  /** Epoch milliseconds at which it was observed. */
  readonly observedAt?: number
  /** What it really came to, in your own terms. */
  readonly actualImpact?: Readonly<Record<string, unknown>>
  /** Whether something had to be put right. */
  readonly correctionNeeded?: boolean
  readonly correctionDescription?: string
  readonly correctionCost?: number
  /** Milliseconds until it was noticed. */
  readonly timeToDetectMs?: number
  /** Milliseconds until it was put right. */
  readonly timeToResolveMs?: number
  readonly rollbackPerformed?: boolean
  /** Money won or lost. */
  readonly revenueImpact?: number
  readonly customerImpactCount?: number
  readonly supportTicketsCreated?: number
  readonly tags?: readonly string[]
}

/** A decision with what came of it. */
export interface DecisionRecord extends Decision {
  readonly execution?: ExecutionRecord
  readonly outcomes: readonly Outcome[]
}

/** A switch that blocks, in every mode, every call that all it names is true of: every call, where it names nothing. */
export interface KillSwitch {
  /** The tool it stops; all tools when absent. */
  readonly tool?: string
  /** The tenant it stops; all tenants when absent. */
  readonly tenant?: string
  /** The domain it stops; calls of all domains, and of none, when absent. */
  readonly domain?: string
  /** The rule whose calls it stops: those that the rule applies to. Also one whose id begins with this and a colon. */
  readonly rule?: string
  readonly by: string
  readonly reason: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** What a switch stops: only what everything that is named here is true of. There is one switch at most for each. */
export type KillSwitchScope = Pick<KillSwitch, 'tool' | 'tenant' | 'domain' | 'rule'>
