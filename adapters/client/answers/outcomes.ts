import type { Details } from './answers.js'

/** An outcome as a service keeps it. Times are ISO 8601. */
export interface OutcomeReported {
  readonly outcomeId?: string
  readonly orgId?: string | number
  readonly requestId?: string
  readonly caseId?: string
  readonly status?: string
  readonly category?: string
  readonly severity?: number
  readonly reportedAt?: string
  readonly reportedBy?: string
  readonly reportSource?: string
  readonly description?: string
  readonly decisionContext?: {
    readonly domain?: string
    readonly tool?: string
    readonly action?: string
    readonly actorType?: string
    readonly verdictWas?: string
    readonly riskScoreWas?: number
  }
  readonly decisionAt?: string | null
  readonly observedAt?: string | null
  readonly timeToOutcomeS?: number | null
  readonly details?: Details
  readonly actualImpact?: Details
  readonly correction?: {
    readonly needed?: boolean
    readonly description?: string
    readonly cost?: number | null
    readonly timeToDetectS?: number | null
    readonly timeToResolveS?: number | null
  }
  readonly rollback?: Details
  readonly businessImpact?: {
    readonly revenueImpact?: number | null
    readonly customerImpactCount?: number
    readonly supportTicketsCreated?: number
  }
  readonly calibration?: { readonly error?: number | null; readonly predictionCorrect?: boolean | null }
  readonly tags?: readonly string[]
  readonly [field: string]: unknown
}

/** How many calls followed a recommendation or not, and turned out well or not. */
export interface Quadrants {
  readonly followedPositive?: number
  readonly followedNegative?: number
  readonly ignoredPositive?: number
  readonly ignoredNegative?: number
  readonly [field: string]: unknown
}

/** How good recommendations were. */
export interface RecommendationQuality {
  readonly totalWithOutcome?: number
  readonly followRate?: number
  readonly positiveAfterFollowing?: number
  readonly quadrants?: Quadrants
  readonly byDomain?: readonly Details[]
  readonly byActor?: readonly Details[]
  readonly trend?: readonly {
    readonly week?: string
    readonly total?: number
    readonly followed?: number
    readonly ignored?: number
    readonly followRate?: number
    readonly positiveAfterFollowing?: number
    readonly quadrants?: Quadrants
  }[]
  readonly examples?: { readonly helped?: readonly Details[]; readonly missed?: readonly Details[] }
  readonly [field: string]: unknown
}
