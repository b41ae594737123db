import type {
  DashboardSummary,
  EventList,
  EventStats,
  ObserverStats,
  ValidationCheck,
  ValueProtectedHistory,
} from './records.js'
import type { Evaluated } from './evaluated.js'
import type { IngestedMemory, MemoryContext, MemoryRecommendations, RefreshedMemory } from './memory.js'
import type { OutcomeReported, RecommendationQuality } from './outcomes.js'
import type {
  ApprovalItem,
  KillSwitchChange,
  KillSwitchStatus,
  LiveConnection,
  NewApiKey,
  Tokens,
  WebhookInfo,
} from './people.js'
import type { AppliedPatch, RuleDomain, RuleVerdict, ServiceRule } from './rules.js'

/** An answer that is not described further. Its names are in camelCase. */
export type Details = Readonly<Record<string, unknown>>

/** What endpoints answer, by their names; {@link Details} where none is given. Services leave fields out, and add others. */
export interface Answers {
  readonly 'actions.evaluate': Evaluated
  readonly 'actions.evaluatePayload': Evaluated
  readonly 'actions.dryRun': Evaluated
  readonly 'actions.evaluateBatch': readonly Evaluated[]
  readonly 'actions.submit': Evaluated
  readonly 'actions.submitPayload': Evaluated
  readonly 'actions.submitDryRun': Evaluated
  readonly 'actions.observerStats': ObserverStats
  readonly 'actions.dashboard.summary': DashboardSummary
  readonly 'actions.dashboard.valueProtectedHistory': ValueProtectedHistory
  readonly 'actions.live.connect': LiveConnection
  readonly 'actions.live.heartbeat': LiveConnection
  readonly 'actions.live.disconnect': LiveConnection
  readonly 'actions.memory.ingest': IngestedMemory
  readonly 'actions.memory.context': MemoryContext
  readonly 'actions.memory.refreshAggregates': RefreshedMemory
  readonly 'actions.memory.recommendations': MemoryRecommendations
  readonly 'validations.verify': ValidationCheck
  readonly 'outcomes.report': OutcomeReported
  readonly 'outcomes.get': OutcomeReported
  readonly 'outcomes.byValidation': OutcomeReported
  readonly 'outcomes.byCase': OutcomeReported
  readonly 'outcomes.timeline': Details | readonly Details[]
  readonly 'outcomes.pending': Details | readonly Details[]
  readonly 'outcomes.analytics.recommendationQuality': RecommendationQuality
  readonly 'approvals.list': readonly ApprovalItem[]
  readonly 'approvals.resolve': ApprovalItem
  readonly 'killSwitch.status': KillSwitchStatus
  readonly 'killSwitch.activate': KillSwitchChange
  readonly 'killSwitch.deactivate': KillSwitchChange
  readonly 'rules.create': ServiceRule
  readonly 'rules.list': readonly ServiceRule[]
  readonly 'rules.get': ServiceRule
  readonly 'rules.update': ServiceRule
  readonly 'rules.validate': RuleVerdict
  readonly 'rules.validateDryRun': RuleVerdict
  readonly 'rules.domains': readonly RuleDomain[]
  readonly 'rules.versions': readonly Details[]
  readonly 'rules.applyPatch': AppliedPatch
  readonly 'calibration.qualityHistory': Details | readonly Details[]
  readonly 'events.list': EventList
  readonly 'events.stats': EventStats
  readonly 'webhooks.list': Details | readonly WebhookInfo[]
  readonly 'webhooks.get': WebhookInfo
  readonly 'webhooks.deliveries': Details | readonly Details[]
  readonly 'apiKeys.create': NewApiKey
  readonly 'auth.signup': Tokens
  readonly 'auth.login': Tokens
  readonly 'auth.refresh': Tokens
}
