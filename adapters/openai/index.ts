export { MaxIterationsReachedError, ProviderResponseError } from './errors.js'
export { createGovernedOpenAI } from './governed-openai.js'
export { normalizeStream } from './stream/normalize.js'
export { pageView, sseHeaders, toSSE } from './stream/sse.js'

export type { AskAnswer, AskContext, AskPerson } from './call/ask.js'
export type { RunDecision, ToolExecutionEvent } from './call/execution-event.js'
export type { DescribeError } from './call/model-text.js'
export type { ServiceSignal } from './call/service-signal.js'
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
export type { ToolContext, ToolFunction, ToolOptions } from './tools/tool.js'
