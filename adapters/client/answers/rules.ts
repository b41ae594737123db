import type { DecisionResult } from 'countersign'
import type { Details } from './answers.js'

/** A rule of the service. */
export interface ServiceRule {
  readonly ruleId?: string
  readonly name?: string
  readonly description?: string | null
  readonly domain?: string
  readonly maxPerDay?: number
  readonly maxValue?: number
  readonly requireApprovalAbove?: number | null
  readonly minValue?: number | null
  readonly maxPerHour?: number | null
  readonly cooldownSeconds?: number | null
  readonly allowedHoursStart?: number | null
  readonly allowedHoursEnd?: number | null
  readonly status?: string
  readonly tags?: readonly string[]
  readonly metadata?: Details
  readonly usageToday?: number
  readonly usageTotal?: number
  readonly blockedToday?: number
  readonly blockedTotal?: number
  readonly remainingToday?: number
  readonly domainLabel?: string
  readonly maxValueLabel?: string
  readonly unit?: string
  readonly lastUsedAt?: string | null
  readonly createdAt?: string
  readonly updatedAt?: string
  /** For `ifMatchVersion`. */
  readonly version?: number | null
  readonly [field: string]: unknown
}

/** What the rules say to a call. */
export interface RuleVerdict {
  readonly allowed?: boolean
  readonly result?: DecisionResult
  readonly reason?: string
  readonly dryRun?: boolean
  readonly [field: string]: unknown
}

/** A domain that rules can be for. */
export interface RuleDomain {
  readonly id?: string
  readonly name?: string
  readonly maxPerDayDefault?: number
  readonly maxValueDefault?: number
  readonly maxValueLabel?: string
  readonly unit?: string
  readonly [field: string]: unknown
}

/** What a patch changed, or would change. */
export interface AppliedPatch {
  readonly ruleId?: string
  readonly preview?: boolean
  readonly applied?: boolean
  readonly patchValid?: boolean
  /** With the names of the wire: `/max_value`. */
  readonly changedPaths?: readonly string[]
  readonly diffSummary?: string
  readonly changedFields?: readonly { readonly field?: string; readonly before?: unknown; readonly after?: unknown }[]
  readonly patchHash?: string
  readonly appliedBy?: string
  readonly before?: Details
  readonly after?: Details
  readonly [field: string]: unknown
}
