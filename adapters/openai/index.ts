export { MaxIterationsReachedError, ProviderResponseError } from './errors.js'
export { ChatCompletionStreamHandler } from './chat/handler.js'
export { streamUntilUserInput, streamUntilUserInputEvents } from './chat/stream-until-user-input.js'
export { Conversation } from './conversation/conversation.js'
export { createGovernedOpenAI } from './governed-openai.js'
export { normalizeStream } from './stream/normalize.js'
export { settingsFromEnv } from './settings-from-env.js'
export { FunctionRegistry } from './tools/function-registry.js'
export { McpToolError, mcpTools } from './tools/mcp-tools.js'
export { toolResult } from './tools/tool-result.js'
export { functionTool, zodTool } from './tools/zod-tool.js'
export { pageView, sseHeaders, toSSE } from './stream/sse.js'

export type { AskAnswer, AskContext, AskPerson } from './call/ask.js'
export type { RunDecision, ToolExecutionEvent } from './call/execution-event.js'
export type { DescribeError } from './call/model-text.js'
export type { ServiceSignal } from './call/service-signal.js'
export type { OnToolError, StreamUntilUserInputOptions } from './chat/options.js'
export type { ChatRunEvent, ChatRunEventOf, StartedCall, StreamResult } from './chat/run-events.js'
export type { ChatStreamEvent, ChatStreamEventOf, StreamedCall } from './chat/stream-events.js'
export type { ConversationOptions, StoredConversation } from './conversation/conversation.js'
export type { CountText } from './conversation/tokens.js'
export type { ConversationEntry } from './conversation/units.js'
export type { ProviderProblem } from './errors.js'
export type { CheckedCall, GovernedOpenAI, RunEvent } from './governed-openai.js'
export type { ToolOf } from './run/listed-tool.js'
export type { Api, ApprovalRunOptions, GovernedOpenAIOptions, ItemOf, RequestOf, RunOptions } from './run/options.js'
export type { AnswerOf, GovernedRunResult } from './run/result.js'
export type { ResumeOptions } from './run/resume.js'
export type { JsonSchema } from './schema/json-schema.js'
export type { SchemaIssue, SchemaResult, StandardSchema } from './schema/standard-schema.js'
export type {
  StreamCall,
  StreamEvent,
  StreamExecution,
  StreamFailure,
  StreamItem,
  StreamPlace,
  StreamUsage,
} from './stream/events.js'
export type { StreamSource } from './stream/normalize.js'
export type { SSEOptions } from './stream/sse.js'
export type { EnvOptions, EnvSettings } from './settings-from-env.js'
export type { ToolDrift } from './tools/fingerprint.js'
export type { ExecuteOptions, FunctionRegistryOptions } from './tools/function-registry.js'
export type { McpClient, McpServer, McpTool } from './tools/mcp-tools.js'
export type { ToolResult } from './tools/tool-result.js'
export type { FunctionToolOptions, ZodToolOptions } from './tools/zod-tool.js'
export type { Builtin, RegisteredTool, ToolContext, ToolFunction, ToolOptions } from './tools/tool.js'
