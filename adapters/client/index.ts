export { decisionService } from './decision-service.js'
export { verifyWebhook } from './verify-webhook.js'

export type { Answers, Details } from './answers/answers.js'
export type { DecisionIntelligence, DecisionPacket, Evaluated, Intelligence } from './answers/evaluated.js'
export type {
  IngestedMemory,
  MemoryContext,
  MemoryRecommendation,
  MemoryRecommendations,
  RefreshedMemory,
} from './answers/memory.js'
export type { OutcomeReported, Quadrants, RecommendationQuality } from './answers/outcomes.js'
export type {
  ApprovalItem,
  KillSwitchChange,
  KillSwitchStatus,
  LiveConnection,
  NewApiKey,
  Tokens,
  WebhookInfo,
} from './answers/people.js'
export type {
  DashboardSummary,
  EventItem,
  EventList,
  EventStats,
  ObserverStats,
  ValidationCheck,
  ValueProtectedHistory,
} from './answers/records.js'
export type { AppliedPatch, RuleDomain, RuleVerdict, ServiceRule } from './answers/rules.js'
export type { DecisionService } from './decision-service.js'
export type { JsonPatch, JsonPatchOperation } from './inputs.js'
export type { CallOptions, DecisionServiceOptions } from './options.js'
export type { WebhookProblem, WebhookToVerify, WebhookVerification } from './verify-webhook.js'
