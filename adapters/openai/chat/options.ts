import { checkScope, type Governor, knownKeys, oneOf, type Scope } from 'countersign'
import type OpenAI from 'openai'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { AskPerson } from '../call/ask.js'
import type { DescribeError } from '../call/model-text.js'
import { invalid, type RequestOf, SCOPE_KEYS, scopeIn } from '../run/options.js'
import type { RegisteredTool } from '../tools/tool.js'
import type { ChatCompletionStreamHandler } from './handler.js'

/** What a failing tool does to the run: the model is told (`emit`), its error is thrown (`raise`), or the run ends as failed (`abort`). */
export type OnToolError = 'emit' | 'raise' | 'abort'

/** Options of `streamUntilUserInput`. */
export interface StreamUntilUserInputOptions extends Omit<Scope, 'model'> {
  /** The official client, with the base URL of any provider that speaks Chat Completions. */
  readonly client: Pick<OpenAI, 'chat'>
  readonly governor: Governor
  readonly model: string
  readonly messages: readonly ChatCompletionMessageParam[]
  /** From `zodTool`, `functionTool` and `mcpTools`. Of two with one name, nothing is guessed: it is an error. */
  readonly tools?: readonly RegisteredTool[]
  /** Has the last word on names that are not among `tools`. */
  readonly fallback?: (name: string) => RegisteredTool | undefined
  readonly handler?: ChatCompletionStreamHandler
  /** Handed on to every tool, as it is; and into the `_meta` of calls of MCP servers. */
  readonly context?: unknown
  /** Requests; a model that still calls tools then ends the run with `MaxIterationsReachedError`. @defaultValue 10 */
  readonly maxIterations?: number
  /** Further fields of every request. */
  readonly request?: RequestOf['chat']
  /** @defaultValue `emit` */
  readonly onToolError?: OnToolError
  /** Words for a tool's error that the model may read. @defaultValue `Tool invocation failed.`; the words of an MCP server, which are meant for it */
  readonly describeError?: DescribeError
  /** Asked at once about every held call. @defaultValue held calls wait, and the model is told */
  readonly onApprovalRequired?: AskPerson
  readonly signal?: AbortSignal
  /** Ids of events and sessions. @defaultValue random UUIDs */
  readonly newId?: () => string
}

const KEYS = [
  'client',
  'governor',
  'model',
  'messages',
  'tools',
  'fallback',
  'handler',
  'context',
  'maxIterations',
  'request',
  'onToolError',
  'describeError',
  'onApprovalRequired',
  'signal',
  'newId',
] as const satisfies (keyof StreamUntilUserInputOptions)[]

const PLACE = 'streamUntilUserInput'

/**
 * Checks the options, and gives the tools by name.
 *
 * @throws GovernanceError `invalid-option`
 */
export function checkStreamOptions(options: StreamUntilUserInputOptions): Map<string, RegisteredTool> {
  if (typeof options !== 'object' || options === null) throw invalid(PLACE, 'expected an object of options')
  knownKeys(options, [...KEYS, ...SCOPE_KEYS], '')
  const { client, governor, model, messages, maxIterations = 10, onToolError = 'emit', tools = [] } = options
  if (typeof client?.chat?.completions !== 'object') throw invalid('client', 'expected the official `openai` client')
  if (typeof governor?.run !== 'function')
    throw invalid('governor', 'expected a governor, from createGovernor or session')
  if (typeof model !== 'string' || model === '') throw invalid('model', 'expected the name of a model')
  if (!Array.isArray(messages)) throw invalid('messages', 'expected the messages of a conversation')
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    throw invalid('maxIterations', 'expected a whole number of 1 or more')
  }
  oneOf('onToolError', onToolError, ['emit', 'raise', 'abort'])
  checkScope(scopeIn(options), PLACE)
  const known = new Map<string, RegisteredTool>()
  for (const tool of tools) {
    if (typeof tool?.execute !== 'function')
      throw invalid('tools', 'expected tools made by zodTool, functionTool or mcpTools')
    if (known.has(tool.name)) throw invalid('tools', `there are two tools "${tool.name}"`)
    known.set(tool.name, tool)
  }
  return known
}
