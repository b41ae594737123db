import type { JsonPatch } from '../inputs.js'
import type { Details } from './answers.js'

/** What became of events. */
export interface IngestedMemory {
  readonly accepted?: number
  readonly totalStored?: number
  readonly source?: string
  readonly [field: string]: unknown
}

/** What a service remembers of a time. */
export interface MemoryContext {
  readonly orgId?: string | number
  readonly windowHours?: number
  readonly filters?: Details
  readonly totalEvents?: number
  readonly blockedRate?: number
  readonly approvalRate?: number
  readonly toolErrorRate?: number
  readonly avgRiskScore?: number | null
  readonly topTools?: readonly { readonly tool?: string; readonly count?: number }[]
  readonly topBlockReasons?: readonly { readonly blockedBy?: string; readonly count?: number }[]
  readonly recentEvents?: readonly Details[]
  readonly [field: string]: unknown
}

/** That aggregates were counted anew. */
export interface RefreshedMemory {
  readonly refreshed?: boolean
  readonly mode?: string
  readonly [field: string]: unknown
}

/** A change to a rule that calls suggest. */
export interface MemoryRecommendation {
  readonly recommendationId?: string
  readonly type?: string
  readonly tool?: string
  readonly scope?: Details
  readonly timeWindowHours?: number
  readonly requiresHumanReview?: boolean
  readonly isSafePatch?: boolean
  readonly confidence?: number
  readonly targetRuleId?: string
  readonly ruleSelector?: Details
  /** For `rules.applyPatch`, as it is. */
  readonly suggestedPolicyPatch?: JsonPatch
  readonly applyEndpoint?: string
  readonly [field: string]: unknown
}

/** Changes to rules that calls suggest. */
export interface MemoryRecommendations {
  readonly orgId?: string | number
  readonly plan?: string
  readonly windowHours?: number
  readonly generatedAt?: string
  readonly filters?: Details
  readonly summary?: Details
  readonly recommendations?: readonly MemoryRecommendation[]
  readonly [field: string]: unknown
}
