import { checkScope, type EventOf, GovernanceError, type Governor, knownKeys, oneOf, type Scope } from 'countersign'
import type OpenAI from 'openai'
import type { ChatCompletionCreateParams, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { ResponseCreateParams, ResponseInputItem } from 'openai/resources/responses/responses'
import type { AskPerson } from '../call/ask.js'
import type { DescribeError } from '../call/model-text.js'

/** Which of the provider's APIs is spoken. */
export type Api = 'responses' | 'chat'

/** What a conversation is made of, by API. */
export interface ItemOf {
  readonly responses: ResponseInputItem
  readonly chat: ChatCompletionMessageParam
}

/** Further fields of every request, by API. What the run itself sends (`input`, `tools`, `stream` …) goes before. */
export interface RequestOf {
  readonly responses: Partial<Omit<ResponseCreateParams, 'input' | 'stream' | 'store' | 'previous_response_id'>>
  readonly chat: Partial<Omit<ChatCompletionCreateParams, 'messages' | 'stream'>>
}

/** Options of `createGovernedOpenAI`. */
export interface GovernedOpenAIOptions<API extends Api = 'responses'> extends Omit<Scope, 'model'> {
  /** The official client, or one that speaks like it: retries, timeouts and the base URL are its own. */
  readonly client: Pick<OpenAI, 'responses' | 'chat'>
  readonly governor: Governor
  /** @defaultValue `responses` */
  readonly api?: API
  /** Whether the provider keeps the answers. @defaultValue false: every request carries the whole conversation */
  readonly store?: boolean
  /** Sent with every request. */
  readonly instructions?: string
  /** @defaultValue none: every run names its own */
  readonly model?: string
  /** Models that may be asked. @defaultValue any */
  readonly models?: readonly string[]
  /** Rounds of tool calls; a model that then still calls tools ends the run with `MaxIterationsReachedError`. @defaultValue 8 */
  readonly maxToolRounds?: number
  /** Calls of one answer that run at the same time. Each is decided on by itself. @defaultValue 1: in their order */
  readonly concurrency?: number
  /** The calls of one answer are decided on at once, before the first of them runs: a decision service is asked about them together. @defaultValue false: each when its turn comes */
  readonly decideTogether?: boolean
  /** Asks for the encrypted reasoning that an unstored conversation goes on with. @defaultValue true, but for models known to have none (`gpt-3…`, `gpt-4…`) */
  readonly encryptedReasoning?: boolean
  /** Further fields of every request, on every turn. */
  readonly request?: RequestOf[API]
  /** Words for a tool's error that the model may read. @defaultValue the same words for every error: a message may hold a secret */
  readonly describeError?: DescribeError
  /** Hears of every decision of every run. Never waited for. */
  readonly onDecision?: (event: EventOf<'decision-made'>) => unknown
  /** Ids of events and sessions. @defaultValue random UUIDs */
  readonly newId?: () => string
}

/** What one run is given. Its scope narrows the client's, which narrows the governor's. */
export interface RunOptions<API extends Api = 'responses'> extends Omit<Scope, 'model'> {
  /** The conversation; a text is the user's. */
  readonly input?: string | readonly ItemOf[API][]
  /** Another name of `input`. */
  readonly messages?: string | readonly ItemOf[API][]
  readonly model?: string
  readonly instructions?: string
  /** Further fields of every request of this run, over those of the client. */
  readonly request?: RequestOf[API]
  readonly maxToolRounds?: number
  /** Goes on from an answer that the provider keeps; with `store: true`. */
  readonly previousResponseId?: string
  /** Handed on to every tool, as it is. */
  readonly context?: unknown
  readonly signal?: AbortSignal
}

/** What a run with approval is given. */
export interface ApprovalRunOptions<API extends Api = 'responses'> extends RunOptions<API> {
  /** Asked at once about every held call; must run where the agent cannot reach it. */
  readonly onApprovalRequired: AskPerson
}

/** The fields that say who and where. */
export const SCOPE_KEYS = [
  'actor',
  'domain',
  'user',
  'tenant',
  'sessionId',
  'traceId',
] as const satisfies (keyof Scope)[]

const OWN_KEYS = [
  'client',
  'governor',
  'api',
  'store',
  'instructions',
  'model',
  'models',
  'maxToolRounds',
  'concurrency',
  'decideTogether',
  'encryptedReasoning',
  'request',
  'describeError',
  'onDecision',
  'newId',
] as const satisfies (keyof GovernedOpenAIOptions)[]

const RUN_KEYS = [
  'input',
  'messages',
  'model',
  'instructions',
  'request',
  'maxToolRounds',
  'previousResponseId',
  'context',
  'signal',
] as const satisfies (keyof RunOptions)[]

/** @throws GovernanceError `invalid-option` */
export function checkOptions(options: GovernedOpenAIOptions<Api>): void {
  if (typeof options !== 'object' || options === null) throw invalid('', 'expected an object of options')
  knownKeys(options, [...OWN_KEYS, ...SCOPE_KEYS], '')
  const { client, governor, api = 'responses', maxToolRounds, concurrency } = options
  oneOf('api', api, ['responses', 'chat'])
  const isClient = api === 'chat' ? hasCreate(client?.chat?.completions) : hasCreate(client?.responses)
  if (!isClient) throw invalid('client', 'expected the official `openai` client')
  if (typeof governor?.run !== 'function')
    throw invalid('governor', 'expected a governor, from createGovernor or session')
  checkCount('maxToolRounds', maxToolRounds)
  checkCount('concurrency', concurrency)
  checkScope(scopeIn(options), 'createGovernedOpenAI')
}

/** @throws GovernanceError `invalid-option` */
export function checkRun(options: RunOptions<Api>, others: readonly string[] = []): void {
  if (typeof options !== 'object' || options === null) throw invalid('run', 'expected an object of options')
  knownKeys(options, [...RUN_KEYS, ...SCOPE_KEYS, ...others], 'run')
  if (options.input !== undefined && options.messages !== undefined) {
    throw invalid('run.messages', 'expected either `input` or `messages`')
  }
  checkCount('run.maxToolRounds', options.maxToolRounds)
  checkScope(scopeIn(options), 'run')
}

function hasCreate(resource: { readonly create: unknown } | undefined): boolean {
  return typeof resource?.create === 'function'
}

/** Who and where, as far as it is said. */
export function scopeIn(options: Omit<Scope, 'model'>): Scope {
  const said = SCOPE_KEYS.flatMap(key => (options[key] === undefined ? [] : [[key, options[key]] as const]))
  return Object.fromEntries(said)
}

/** An error of an option. */
export function invalid(option: string, message: string): GovernanceError {
  return new GovernanceError('invalid-option', option === '' ? message : `Option \`${option}\`: ${message}`)
}

function checkCount(option: string, value: unknown): void {
  if (value === undefined || (Number.isInteger(value) && (value as number) >= 1)) return
  throw invalid(option, 'expected a whole number of 1 or more')
}
