import type { Coverage, InsightFilter } from '../filter.js'
import type { PatchStep } from './patch.js'
import type { TuningScope } from './recut.js'

/**
 * `policy_tuning_max_value`: a rule holds calls that people approve up to some value. `policy_tuning_allow`: people approve
 * all calls of a tool that are held. `policy_tuning_deny`: they refuse all. `repeatedly_blocked`: a rule denies a tool
 * again and again. `repeatedly_failing`: a tool keeps failing.
 */
export type TuningType =
  | 'policy_tuning_max_value'
  | 'policy_tuning_allow'
  | 'policy_tuning_deny'
  | 'repeatedly_blocked'
  | 'repeatedly_failing'

/** What a proposal is founded on. */
export interface TuningEvidenceSummary {
  /** Decisions that count: with a label for the first three types, of the tool (that ran, for `repeatedly_failing`) for the others. */
  readonly n: number
  /** How many of them were refused or turned out bad; were blocked by the rule; failed. */
  readonly count: number
  /** `count / n`. */
  readonly rate: number
  /** What the true rate is held against: at most it for the first two types, at least it for the others. */
  readonly threshold: number
  /** Where the true rate lies: at most this for the first two types, at least this for the others, each with the chance asked for (Clopper and Pearson 1934). */
  readonly bound: number
}

/** What a proposal would have done with the decisions that were looked at. Held calls are decided on anew by the changed policy; limits are left out. */
export interface TuningEffect {
  /** Calls that were held for a person, and would not be. */
  readonly askedLess: number
  /** Calls that ran or were refused with nobody asked, and would be held. */
  readonly askedMore: number
  /** Of those two together: how many a person had refused, how many turned out bad (those included), and of how many nobody knows. */
  readonly refused: number
  readonly bad: number
  readonly unlabelled: number
}

/** A change to the policy that the past suggests. Nobody makes it but a person. */
export interface PolicyTuning {
  /** The same for the same proposal on the same policy. */
  readonly recommendationId: string
  readonly type: TuningType
  readonly tool: string
  /** What the change is confined to. */
  readonly scope: TuningScope
  readonly windowMs: number
  readonly requiresHumanReview: true
  /** Whether the change can only make the policy stricter. */
  readonly isSafePatch: boolean
  /** Chance that what was seen is no accident: one less the exact binomial p-value of the true rate being on the wrong side of `evidence.threshold`. */
  readonly confidence: number
  /** The rule it is about; `unlisted` where none speaks of these calls. Absent where it is about a tool alone. */
  readonly targetRuleId?: string
  /** What was seen, in words. */
  readonly reason: string
  readonly evidence: TuningEvidenceSummary
  /** Against the policy document (RFC 6902). Absent where no change of it would help: a hard deny, a limit, a rule that is code. */
  readonly suggestedPolicyPatch?: readonly PatchStep[]
  /** The rules that are changed or added, as YAML. */
  readonly suggestedPolicy?: string
  readonly effect: TuningEffect
  /** Ids of decisions, the newest first. */
  readonly examples?: readonly string[]
}

/** What the past suggests. */
export interface MemoryRecommendations extends Coverage {
  readonly windowMs: number
  /** Epoch milliseconds. */
  readonly generatedAt: number
  /** Name and version of the policy they are made for. */
  readonly policy: { readonly name: string; readonly version: string }
  /** What concerns most calls comes first. */
  readonly recommendations: readonly PolicyTuning[]
}

/** When something is proposed. */
export interface RecommendationOptions extends Omit<InsightFilter, 'since' | 'until'> {
  /** Milliseconds up to now. @defaultValue one day */
  readonly windowMs?: number
  /** Calls of a tool, below which nothing is proposed about it. @defaultValue 20 */
  readonly minEvents?: number
  /** Share of a tool's calls that one rule denied. @defaultValue 0.15 */
  readonly minBlockedRate?: number
  /** Share of a tool's calls that were held. @defaultValue 0.1 */
  readonly minApprovalRate?: number
  /** Share of a tool's runs that failed. @defaultValue 0.05 */
  readonly minToolErrorRate?: number
  /** How many calls that nobody would be asked about any more may be refused or turn out bad; and, of what is to be denied, approved. @defaultValue 0.05 */
  readonly maxRefusalRate?: number
  /** Chance with which that must hold. @defaultValue 0.95 */
  readonly confidence?: number
  /** @defaultValue 10 */
  readonly limit?: number
  /** @defaultValue true */
  readonly includeExamples?: boolean
}
