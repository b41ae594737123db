import { present, type Clock } from '../ambient.js'
import type { Profiles } from '../capture/profiles.js'
import { policyNow } from '../evaluate/policy-source.js'
import type { Breakdown, BreakdownKey, CalibrationReport, Reliability } from '../learn/insight/calibration.js'
import type { MemoryContext, MemoryFilter } from '../learn/insight/context.js'
import type { Drift, DriftFilter } from '../learn/insight/drift.js'
import type { CalibrationFeedback } from '../learn/insight/feedback.js'
import type { InsightFilter } from '../learn/insight/filter.js'
import type { HistoryFilter, QualityHistory } from '../learn/insight/history.js'
import type { RecommendationQuality } from '../learn/insight/quality.js'
import type { MemoryRecommendations, RecommendationOptions } from '../learn/insight/tuning/recommendation.js'
import type { ResolvedOptions } from './options.js'

/**
 * How good the risks of decisions were, worked out from what is recorded here and from nothing else. Each answer reads the
 * decisions anew, page by page, and says how many it read. @throws GovernanceError `invalid-option`; what the store throws
 */
export interface CalibrationControl {
  /** As a whole: base rate, Brier score, skill, calibration error, AUROC. */
  readonly report: (filter?: InsightFilter) => Promise<CalibrationReport>
  /** What was foretold against what came. @param filter `bins`: how many at most, 15 unless said otherwise */
  readonly reliability: (filter?: InsightFilter & { readonly bins?: number }) => Promise<Reliability>
  /** Whether the last days differ from those before. */
  readonly drift: (filter?: DriftFilter) => Promise<Drift>
  /** By domain, unless said otherwise. */
  readonly breakdown: (filter?: InsightFilter & { readonly by?: BreakdownKey }) => Promise<Breakdown>
  /** Day by day. */
  readonly history: (filter?: HistoryFilter) => Promise<QualityHistory>
  /** The worst misses. @param filter `limit`: how many of each kind, 20 unless said otherwise */
  readonly feedback: (filter?: InsightFilter & { readonly limit?: number }) => Promise<CalibrationFeedback>
}

/** What outcomes say of recommendations. @throws GovernanceError `invalid-option`; what the store throws */
export interface OutcomeControl {
  /** Whether recommendations were followed, and how that turned out. */
  readonly quality: (filter?: InsightFilter) => Promise<RecommendationQuality>
}

/** What happened of late, and what it suggests. @throws GovernanceError `invalid-option`; what the store throws */
export interface MemoryControl {
  /** Rates, tools, reasons and recent calls. @param filter `limitRecent`: how many calls, 25 unless said otherwise */
  readonly context: (filter?: MemoryFilter & { readonly limitRecent?: number }) => Promise<MemoryContext>
  /** Changes to the policy for a person to look at, with what they would have done. Nothing is changed. */
  readonly recommendations: (options?: RecommendationOptions) => Promise<MemoryRecommendations>
}

/** What insight needs of a governor. */
export interface InsightParts {
  readonly options: ResolvedOptions
  readonly profiles: Profiles
  readonly clock: Clock
  /** The tenant whose past it is; all tenants' when absent. */
  readonly tenant: string | undefined
}

/** What a governor can say about its own past, as one scope sees it. */
export function insight({ options, profiles, clock, tenant }: InsightParts): {
  readonly calibration: CalibrationControl
  readonly outcomes: OutcomeControl
  readonly memory: MemoryControl
} {
  const { store, outcomes: meanings, policy, unlisted } = options
  const source = { store, meanings }
  const court = async () => ({
    policy: await policyNow(policy, tenant),
    unlisted,
    annotationsOf: (record: Parameters<Profiles['latest']>[1] & { readonly tool: string }) =>
      profiles.latest(record.tool, record)?.annotations ?? {},
  })
  const own = <T extends object>(filter: T | undefined): T => ({ ...filter, ...present({ tenant }) }) as T
  return {
    calibration: {
      report: async filter => (await workings()).report(source, own(filter)),
      reliability: async filter => (await workings()).reliability(source, own(filter)),
      drift: async filter => (await workings()).drift(source, clock.now(), own(filter)),
      breakdown: async filter => (await workings()).breakdown(source, own(filter)),
      history: async filter => (await workings()).history(source, clock.now(), own(filter)),
      feedback: async filter => (await workings()).feedback(source, own(filter)),
    },
    outcomes: { quality: async filter => (await workings()).quality(source, own(filter)) },
    memory: {
      context: async filter => (await workings()).context(source, clock.now(), own(filter)),
      recommendations: async choices =>
        (await workings()).recommendations(source, await court(), clock.now(), own(choices)),
    },
  }
}

/** Loaded when first asked, and the same ever after: see docs/decisions/0017-loaded-when-asked.md. */
const workings = () => import('../later.js')
