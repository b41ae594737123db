export { governanceStream } from './governance-stream.js'
export { governedTool } from './governed-tool.js'
export { governedTools } from './governed-tools.js'
export { governedModel } from './model/governed-model.js'
export { modelMiddleware } from './model/model-middleware.js'
export { reviewMessages } from './review-messages.js'
export { withGovernance } from './with-governance.js'

export type { GovernanceStreamOptions } from './governance-stream.js'
export type { GovernedModel, ModelLike } from './model/model-like.js'
export type { GovernedModelOptions } from './model/model-options.js'
export type {
  AnyTool,
  AskingOptions,
  ContextOf,
  GovernedToolOptions,
  GovernedToolsOptions,
  ScopeRequest,
  ToolProfiles,
} from './options.js'
export type { ReviewMessagesOptions } from './review-messages.js'
export type { ApprovalRequest, ApprovalStatus, ToolApproval } from './tool-approval.js'
export type { GovernanceUIData, GovernanceUIDataTypes } from './ui-data.js'
export type { IdempotentOptions } from './tool-like.js'
export type { Governance } from './with-governance.js'
