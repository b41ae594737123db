import type { DecisionResult } from 'countersign'
import type { Details } from './answers.js'
import type { Evaluated } from './evaluated.js'

/** Whether a record is what it was. */
export interface ValidationCheck {
  readonly valid?: boolean
  readonly validationId?: string
  readonly validationHash?: string | null
  readonly computedHash?: string | null
  readonly validatedAt?: string | null
  readonly allowed?: boolean | null
  readonly result?: DecisionResult | null
  readonly message?: string
  readonly [field: string]: unknown
}

/** How many calls were decided, and how. */
export interface ObserverStats {
  readonly insight?: string
  readonly today?: Details
  readonly week?: Details
  readonly month?: Details
  readonly allTime?: Details
  readonly topBlockedBy?: readonly Details[]
  readonly automationHealthScore?: number
  readonly [field: string]: unknown
}

/** This month at a glance. */
export interface DashboardSummary {
  readonly blockedThisMonth?: number
  readonly valueProtected?: number
  readonly approvalsResolved?: number
  readonly automationHealthScore?: number
  readonly totalValidationsThisMonth?: number
  readonly allowedThisMonth?: number
  readonly pendingApprovals?: number
  readonly today?: Details
  readonly week?: Details
  readonly insight?: string
  readonly [field: string]: unknown
}

/** What blocked calls would have moved. */
export interface ValueProtectedHistory {
  readonly data?: readonly {
    readonly date?: string
    readonly valueProtected?: number
    readonly blockedCount?: number
  }[]
  readonly totalValueProtected?: number
  readonly totalBlocked?: number
  readonly periodDays?: number
  readonly [field: string]: unknown
}

/** A record: of a decision, or of a change to the service. */
export interface EventItem extends Omit<Evaluated, 'requestId'> {
  readonly eventId?: string
  readonly eventType?: string
  readonly severity?: string
  readonly ruleId?: string | null
  readonly ruleName?: string | null
  readonly domain?: string | null
  readonly validationId?: string | null
  readonly action?: string | null
  readonly actor?: string | null
  readonly value?: number | null
  readonly validationHash?: string | null
  readonly recommendationFollowed?: boolean | null
  readonly outcomeStatus?: string | null
  readonly outcomeReportedAt?: string | null
  readonly createdAt?: string
  readonly [field: string]: unknown
}

/** Some of the records. */
export interface EventList {
  readonly events?: readonly EventItem[]
  readonly total?: number | null
  readonly limit?: number
  readonly offset?: number
  readonly [field: string]: unknown
}

/** Records, counted. */
export interface EventStats {
  readonly today?: Details
  readonly total?: Details
  readonly [field: string]: unknown
}
