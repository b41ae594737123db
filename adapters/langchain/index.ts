export { GovernanceCallbackHandler } from './callbacks.js'
export { governedTool, governedTools } from './governed-tool.js'
export { governanceMiddleware } from './middleware.js'
export { governedModel } from './model/governed-model.js'

export type { ActionRequest, AllowedDecision, ApprovalRequest, ReviewConfig } from './question.js'
export type { GovernanceCallbackHandlerOptions, UngovernedTool } from './callbacks.js'
export type { GovernanceData } from './events.js'
export type { GovernanceConfig } from './gate.js'
export type { GovernedToolsOptions } from './governed-tool.js'
export type { GovernedModelOptions } from './model/options.js'
export type { GovernanceMiddleware, GovernanceMiddlewareOptions, ToolCallRequestLike } from './middleware.js'
export type {
  ApprovalsOption,
  GovernableTool,
  GovernedToolOptions,
  LangChainOptions,
  ProfileInput,
  ProfilesOf,
} from './options.js'
export type { ScopeOption, ScopeSource } from './place.js'
