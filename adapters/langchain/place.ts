import { AIMessage } from '@langchain/core/messages'
import { type ApprovalFilter, checkScope, GovernanceError, isGovernanceError, type Scope } from 'countersign'

/** What this adapter reads of the config that LangChain hands a tool, and of the runtime it hands a middleware. */
export interface CallConfig {
  readonly toolCall?: { readonly id?: string | undefined } | undefined
  readonly configurable?: Readonly<Record<string, unknown>> | undefined
  /** The graph's state, as a tool node passes it on. */
  readonly state?: unknown
  readonly context?: unknown
  readonly signal?: AbortSignal | undefined
  readonly writer?: ((chunk: unknown) => void) | null | undefined
  readonly interrupt?: ((value: unknown) => unknown) | undefined
  readonly callbacks?: unknown
  readonly executionInfo?: { readonly runId?: string | undefined } | undefined
}

/** What a `scope` function may look at: the invocation's own context and configurable. Never the model's words. */
export interface ScopeSource<CONTEXT = unknown> {
  readonly context: CONTEXT
  readonly configurable: Readonly<Record<string, unknown>>
}

/** Who and where, fixed or read from each invocation. */
export type ScopeOption<CONTEXT = unknown> = Scope | ((source: ScopeSource<CONTEXT>) => Scope)

/** Where a call stands: its id for the core, the framework's own id, and who and where. */
export interface Place {
  readonly callId: string
  readonly toolCallId: string | undefined
  readonly scope: Scope
  /** What it shares with the other calls that were proposed with it; its core id ends with this. */
  readonly turn: string | undefined
}

/**
 * Finds a call's place. Ids of tool calls repeat (`call_0` in every turn of some providers), so in a conversation the
 * core's id is the tool call's with the proposing message's, else with the graph's task: the same each time the graph
 * brings the call again. A call outside of every graph and session is a new one each time.
 */
export function placeOf(config: CallConfig, toolCallId: string | undefined, option: ScopeOption | undefined): Place {
  const { configurable } = config
  const given = typeof option === 'function' ? scopeFrom(option, config) : (option ?? NOTHING)
  const proposal = toolCallId === undefined ? undefined : proposalOf(config.state, toolCallId)
  const sessionId = given.sessionId ?? text(configurable?.thread_id)
  const scope = {
    ...given,
    sessionId,
    traceId: given.traceId ?? config.executionInfo?.runId ?? text(configurable?.run_id),
    model: given.model ?? modelOf(proposal),
  }
  if (toolCallId === undefined) return { callId: newCallId(), toolCallId, scope, turn: undefined }
  const turn = (sessionId === undefined ? undefined : proposal?.id) ?? text(configurable?.checkpoint_ns)
  const rest = turn ?? (sessionId === undefined ? newCallId() : undefined)
  return { callId: rest === undefined ? toolCallId : `${toolCallId}@${rest}`, toolCallId, scope, turn }
}

const NOTHING: Scope = {}
/** Made with the first call: the runtime loads its cryptography when it is asked for it. */
let ofProcess: string | undefined
let calls = 0

/** An id that no other call has. */
function newCallId(): string {
  ofProcess ??= crypto.randomUUID()
  return `${ofProcess}-${calls++}`
}

function scopeFrom(option: (source: ScopeSource) => Scope, { context, configurable = {} }: CallConfig): Scope {
  try {
    const scope = option({ context, configurable })
    checkScope(scope, 'scope()')
    return scope
  } catch (cause) {
    if (isGovernanceError(cause)) throw cause
    const message =
      'The call was not executed: on whose behalf could not be determined. Do not retry it; tell the user.'
    throw new GovernanceError('evaluation-failed', message, { cause })
  }
}

/** The messages of a graph's state, or of a tool node that was handed messages alone. */
export function messagesOf(state: unknown): readonly unknown[] {
  if (Array.isArray(state)) return state
  const messages = (state as { readonly messages?: unknown } | null | undefined)?.messages
  return Array.isArray(messages) ? messages : []
}

/** The message that proposed a call; the newest, where an id was used before. */
function proposalOf(state: unknown, toolCallId: string): AIMessage | undefined {
  if (state === undefined) return undefined
  return messagesOf(state).findLast(
    (message): message is AIMessage =>
      AIMessage.isInstance(message) && message.tool_calls?.some(call => call.id === toolCallId) === true,
  )
}

function modelOf(proposal: AIMessage | undefined): string | undefined {
  const metadata: Readonly<Record<string, unknown>> | undefined = proposal?.response_metadata
  return text(metadata?.model_name) ?? text(metadata?.model)
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' ? String(value) : undefined
}

/** What of a governor's records belongs to the session of a call. */
export function ofSession({ tenant, sessionId }: Scope): Pick<ApprovalFilter, 'tenant' | 'sessionId'> {
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(sessionId === undefined ? {} : { sessionId }),
  }
}
