import type { Confidence, DecisionResult, EnforcementMode, Recommendation } from 'countersign'
import type { Details } from './answers.js'

/** A decision of a service. Older ones fill only `allowed`, `result` and `reason`. */
export interface Evaluated {
  readonly recommendation?: Recommendation
  readonly recommendationConfidence?: Confidence
  /** 0 to 1. */
  readonly riskScore?: number
  readonly enforcementMode?: EnforcementMode
  readonly enforcedVerdict?: DecisionResult | 'proceed' | null
  readonly decisionIntelligence?: DecisionIntelligence
  readonly allowed?: boolean
  readonly result?: DecisionResult
  readonly reason?: string
  readonly blockedBy?: string | null
  readonly requiresApproval?: boolean
  /** Names the decision: outcomes are reported, and approvals resolved, by it. */
  readonly requestId?: string
  readonly usage?: Details
  readonly warnings?: readonly string[]
  readonly dryRun?: boolean
  readonly mode?: string
  readonly intelligence?: Intelligence
  readonly maxPercentage?: number | null
  readonly duration?: string | null
  readonly humanReview?: boolean
  readonly gateVersion?: string
  readonly verdictChanged?: boolean
  readonly learningInfluenced?: boolean
  readonly verdictOverride?: Details | null
  readonly decisionPacket?: DecisionPacket
  readonly [field: string]: unknown
}

/** Why a service recommends what it does. */
export interface DecisionIntelligence {
  readonly projectedRegret?: number
  readonly evidenceStatus?: string
  readonly trajectoryHealth?: string | null
  readonly alternatives?: readonly {
    readonly action?: string
    readonly rationale?: string
    readonly estimatedRisk?: number
  }[]
  readonly rationale?: string
  readonly ruleBasis?: string | null
  readonly simulationSummary?: Details
  readonly [field: string]: unknown
}

/** What a service knows of the call. */
export interface Intelligence {
  readonly confidence?: {
    readonly score?: number
    readonly level?: string
    readonly novelSituation?: boolean
    readonly reason?: string
  }
  readonly counterfactual?: {
    readonly available?: boolean
    readonly easiestChange?: string | null
    readonly wouldAllow?: boolean
  }
  readonly creditScore?: { readonly score?: number; readonly level?: string }
  readonly simulation?: Details
  readonly precedents?: {
    readonly totalPrecedents?: number
    readonly withOutcomes?: number
    readonly successRate?: number
    readonly negativeRate?: number
    readonly riskLevel?: string
    readonly confidence?: number
    readonly warnings?: readonly string[]
    readonly riskAdjustment?: number
  }
  readonly decisionMemory?: Details
  readonly trajectoryId?: string
  readonly trajectoryHealth?: string | null
  readonly [field: string]: unknown
}

/** Bands in the place of figures. */
export interface DecisionPacket {
  readonly signal?: {
    readonly riskBand?: string
    readonly confidenceZone?: string
    readonly regretBand?: string
  }
  readonly [field: string]: unknown
}
