// The governor
export { createGovernor } from './create-governor.js'
export { definePolicy } from './evaluate/policy.js'
export { loadPolicy, parsePolicy } from './evaluate/policy-file.js'
export { rule } from './evaluate/rule.js'
export { memoryStore } from './store/memory.js'
export { GovernanceError, isGovernanceError } from './errors.js'

// For adapters
export { checkProfile } from './capture/check-profile.js'
export { knownKeys } from './check.js'
export { RecentMap } from './recent-map.js'
export { checkScope } from './scope.js'
export { refusalText } from './execute/refusal.js'
export { streamGoverned } from './execute/stream.js'

export type { Clock } from './ambient.js'
export type { FailModeOption } from './enforce/fail-mode.js'
export type { ErrorCode } from './errors.js'
export type { Evaluation, Evaluator } from './evaluate/evaluator.js'
export type { Policy, PolicyDocument } from './evaluate/policy.js'
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
export type { Execute, Execution, ExecutionContext, IsControlFlow } from './execute/execution.js'
export type { CallScope, Governor } from './governor.js'
export type { GovernorOptions } from './options.js'
export type { CallView, EventBase, EventBody, EventOf, GovernanceEvent, Listener } from './report/events.js'
export type { OutcomeReport } from './report/outcome.js'
export type { MemoryStoreOptions } from './store/memory.js'
export type {
  ApprovalBinding,
  ApprovalFilter,
  DecisionEntry,
  DecisionFilter,
  RecordResult,
  Store,
  WindowSpend,
} from './store/store.js'
export type {
  Approval,
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
  FailMode,
  Finding,
  FromInput,
  KillSwitch,
  Outcome,
  Recommendation,
  Scope,
  SessionFacts,
  ToolAnnotations,
  ToolCall,
  ToolProfile,
} from './types.js'
