// The governor
export { createGovernor } from './governor/create-governor.js'
export { definePolicy } from './evaluate/policy.js'
export { loadPolicy, parsePolicy } from './evaluate/policy-file.js'
export { remoteDecisions } from './evaluate/remote/remote-decisions.js'
export { rule } from './evaluate/rule.js'
export { isModelError, ModelError } from './provider/failure.js'
export { providerGuard } from './provider/provider-guard.js'
export { memoryStore } from './store/memory.js'
export { outputDigest } from './report/audit/drafts.js'
export { verifyAudit } from './report/audit/export.js'
export { generateApprovalKeys, signResolution, verifyResolution } from './enforce/token.js'
export { GovernanceError, isGovernanceError } from './errors.js'
export { isServiceError, ServiceError } from './service/errors.js'
export { decisionIntelligence } from './learn/explain/wire.js'

// For adapters and stores
export { GENESIS, sealedText } from './audit-entry.js'
export { eraseFields, eraseGrant, erasePersonal } from './store/erase.js'
export { checkProfile } from './capture/check-profile.js'
export { knownKeys, oneOf } from './check.js'
export { guardOf } from './provider/provider-guard.js'
export { RecentMap } from './recent-map.js'
export { restore } from './capture/storable.js'
export { changesBetween, editNotice } from './enforce/approval/edit.js'
export { effectiveDigest, mayNotResolve, stageOf as approvalStageOf } from './enforce/approval/machine.js'
export { checkScope } from './governor/scope.js'
export { connectService } from './service/connect.js'
export { refusalText } from './execute/refusal.js'
export { streamGoverned } from './execute/stream.js'
export { systemClock } from './ambient.js'
export { VERSION } from './version.js'

export type { AutonomyReport } from './learn/autonomy/gate.js'
export type { AutonomyOptions } from './learn/autonomy/options.js'
export type { RiskEvidence } from './learn/estimate.js'
export type { ExplainOptions } from './governor/explain.js'
export type { Alternative, EvidenceStatus, Explanation, TrajectoryHealth } from './learn/explain/explanation.js'
export type { WireDecisionIntelligence } from './learn/explain/wire.js'
export type { Precedent } from './learn/past-cases.js'
export type { RelearnProgress } from './learn/relearning.js'
export type { Clock } from './ambient.js'
export type { FailModeOption } from './enforce/fail-mode.js'
export type { Ed25519Jwk, Ed25519Key, PublicKeys } from './ed25519.js'
export type { ErrorCode } from './errors.js'
export type { EvaluateOptions, Evaluation, Evaluator } from './evaluate/evaluator.js'
export type { MemoryIngestOptions } from './evaluate/remote/memory-options.js'
export type { DecisionMode, RemoteDecisionsOptions } from './evaluate/remote/options.js'
export type { AnswerChannel, OutsideAnswer } from './evaluate/answer-channel.js'
export type { EndedCall, RefusedReport, Report, ReportChannel } from './evaluate/report-channel.js'
export type { Policy, PolicyDocument } from './evaluate/policy.js'
export type { PolicySource } from './evaluate/policy-source.js'
export type {
  Comparison,
  Conditions,
  Day,
  HoursSpec,
  InputOf,
  LimitScope,
  LimitSpec,
  Rule,
  RuleInput,
  RuleSpec,
  ToolSelection,
} from './evaluate/rule.js'
export type { ApprovalLoop, Execute, Execution, ExecutionContext, IsControlFlow } from './execute/execution.js'
export type {
  ApprovalControl,
  CallScope,
  Governor,
  KnownCase,
  OutputCodec,
  Preparation,
  Validate,
} from './governor/governor.js'
export type { CalibrationControl, MemoryControl, OutcomeControl } from './governor/insight.js'
export type { LimitUse } from './governor/limits.js'
export type { ReceiptControl, Settlement } from './governor/receipts.js'
export type { Rollback, RollbackOptions } from './governor/rollback.js'
export type { GovernorOptions } from './governor/options.js'
export type {
  ApprovalView,
  CallView,
  EventBase,
  EventBody,
  EventOf,
  GovernanceEvent,
  Listener,
  ReceiptView,
} from './report/events.js'
export type { ReliabilityBin } from './learn/insight/bins.js'
export type { Breakdown, BreakdownKey, CalibrationReport, Reliability } from './learn/insight/calibration.js'
export type { LabelCounts } from './learn/insight/cases.js'
export type { MemoryContext, MemoryEvent, MemoryFilter } from './learn/insight/context.js'
export type { Drift, DriftFilter } from './learn/insight/drift.js'
export type { CalibrationFeedback, Miss } from './learn/insight/feedback.js'
export type { CalibrationFigures } from './learn/insight/figures.js'
export type { Coverage, InsightFilter } from './learn/insight/filter.js'
export type { HistoryFilter, QualityHistory } from './learn/insight/history.js'
export type { Interval } from './learn/insight/intervals.js'
export type { OutcomeMeaning, OutcomeMeanings } from './learn/insight/label.js'
export type { Quadrants, QualityExample, QualityFigures, RecommendationQuality } from './learn/insight/quality.js'
export type { Stability } from './learn/insight/stability.js'
export type { PatchStep } from './learn/insight/tuning/patch.js'
export type {
  MemoryRecommendations,
  PolicyTuning,
  RecommendationOptions,
  TuningEffect,
  TuningEvidenceSummary,
  TuningType,
} from './learn/insight/tuning/recommendation.js'
export type { TuningScope } from './learn/insight/tuning/recut.js'
export type { AuditOptions } from './report/audit/audit-log.js'
export type { Checkpoint, SignedCheckpoint } from './report/audit/checkpoint.js'
export type { CheckpointOptions } from './report/audit/checkpoints.js'
export type { PersonalField } from './report/audit/commitments.js'
export type { AuditControl } from './report/audit/control.js'
export type { AuditSource, VerifyAuditOptions } from './report/audit/export.js'
export type { AuditedFacts, AuditRecord } from './report/audit/record.js'
export type { AuditProblem, Break, Verification } from './report/audit/verification.js'
export type { VerifyOptions } from './report/audit/verify.js'
export type { ReportStatus } from './report/courier.js'
export type { OutcomeReport } from './report/outcome.js'
export type {
  CircuitBreakerOptions,
  ConnectionOptions,
  Credential,
  RetryOptions,
  ServiceAnswer,
  ServiceConnection,
  ServiceRequest,
} from './service/connection.js'
export type { FieldProblem, ServiceErrorKind, ServiceFailure } from './service/errors.js'
export type { CircuitChange } from './service/resilience.js'
export type { BudgetOptions, BudgetScope } from './provider/budget-options.js'
export type { ByModel } from './provider/by-model.js'
export type { CacheOptions } from './provider/cache.js'
export type {
  BudgetUnsettled,
  ModelAttemptEnded,
  ModelCircuitChanged,
  ModelEvent,
  ModelEventBase,
  ModelListener,
  ModelRequestEnded,
  ModelRetryScheduled,
  ModelSkipped,
} from './provider/events.js'
export type { ModelFailure, ModelFailureKind, OwnFailureKind } from './provider/failure.js'
export type { ModelLimits, QueueOptions } from './provider/limiter.js'
export type { CounterSample, HistogramSample, Labels } from './provider/metric.js'
export type { CallEvent, Metric } from './provider/metrics.js'
export type { ProviderGuardOptions, TimeoutOptions } from './provider/options.js'
export type { ModelPrice, Prices } from './provider/prices.js'
export type { ProviderGuard } from './provider/provider-guard.js'
export type {
  AttemptCall,
  ChunkOf,
  Copies,
  ModelAttempt,
  ModelRequest,
  ModelStreamRequest,
  ModelTarget,
  Opened,
  RequestFacts,
  TokenUsage,
} from './provider/request.js'
export type { DocumentFilter, DocumentKey, DocumentPruning, StoredDocument } from './store/document.js'
export type { DocumentStore } from './store/document-store.js'
export type { MemoryStoreOptions } from './store/memory.js'
export type {
  ApprovalFilter,
  AuditRange,
  ClaimedItem,
  Commit,
  CommitResult,
  DecisionFilter,
  Erasure,
  GrantFilter,
  Lesson,
  LessonRange,
  OutboxClaim,
  OutboxItem,
  OutboxSettlement,
  ReceiptFilter,
  Snapshot,
  Store,
  StoredLesson,
  WindowSpend,
} from './store/store.js'
export type {
  Approval,
  ApprovalRequest,
  ApprovalStage,
  ApprovalStatus,
  Approver,
  Change,
  Edit,
  Grant,
  ResolutionChannel,
  Vote,
} from './approval.js'
export type { AuditBatch, AuditDraft, AuditEntry, AuditKind, Seal } from './audit-entry.js'
export type { GrantOptions } from './enforce/approval/grant.js'
export type { ChatAnswer, Resolution, SignedResolution } from './enforce/approval/resolution.js'
export type { ApprovalContext, ApprovalOptions, CallbackResolution } from './enforce/approval/settings.js'
export type { ResolutionClaims, ResolutionToSign } from './enforce/token.js'
export type { Receipt, ReceiptBase, ReceiptStatus, StoredError, StoredOutput } from './receipt.js'
export type { FromInput, Reconciliation, ToolAnnotations, ToolProfile, UnsettledEffect } from './tool-profile.js'
export type {
  AutonomyChange,
  Awaitable,
  Confidence,
  Decision,
  DecisionRecord,
  DecisionResult,
  Effect,
  EnforcementMode,
  EvaluationRequest,
  ExecutionRecord,
  ExecutionStatus,
  Fallback,
  FailMode,
  Finding,
  KillSwitch,
  KillSwitchScope,
  Learned,
  Outcome,
  Recommendation,
  Scope,
  ServiceFacts,
  SessionFacts,
  ToolCall,
} from './types.js'
