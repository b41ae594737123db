import { AIMessage, ToolMessage } from '@langchain/core/messages'
import type { ToolCall } from '@langchain/core/messages/tool'
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'
import type { ExecutionStatus, Preparation } from 'countersign'
import type { AgentTools } from './agent-tools.js'
import { ask, type AskedCall, prepareCall } from './ask.js'
import { governanceData, sinkOf, tell } from './events.js'
import { askable, BY_NAME } from './ask-at-gate.js'
import type { Notes } from './notes.js'
import { parseInput, validatorOf } from './parse.js'
import { type CallConfig, messagesOf, type Place, placeOf, ofSession } from './place.js'
import { answersAtHand, canAsk } from './scratchpad.js'
import { schemaOf } from './structured-tool.js'

/** The part of a middleware's runtime that is read. */
export type RuntimeLike = Pick<CallConfig, 'configurable' | 'context' | 'signal' | 'writer' | 'interrupt'>

/** A call that was decided on before it comes to its tool. */
interface AheadCall {
  readonly asked: AskedCall
  readonly toolCallId: string | undefined
  readonly place: Place
  /** Nothing but its name was known of its tool. */
  readonly isBlind: boolean
}

/**
 * Decides every pending call of the model's last message, asks about all held ones in one interrupt, and hands the answers
 * to the core, which the gates then ask. Where nobody can be asked, nothing happens here and the gates decide alone.
 *
 * @throws LangGraph's interrupt, until there is a usable answer
 */
export async function decideAhead(
  tools: AgentTools,
  notes: Notes,
  state: unknown,
  runtime: RuntimeLike,
): Promise<void> {
  const config = configOf(runtime, state)
  if (!canAsk(config)) return
  // All at once: a decision service is asked about them together.
  const decided = await Promise.all(pendingCalls(state).map(call => decideOne(tools, config, call)))
  const calls = decided.filter(call => call !== undefined)
  for (const { asked, toolCallId } of calls) {
    const { preparation } = asked
    tell(config, sinkOf(config), governanceData(preparation.decision, toolCallId, endedAs(preparation)))
  }
  const asked = calls.map(call => call.asked)
  await ask(asked, { config, isAlone: true, byName: () => othersWait(config, asked) })
  for (const { asked: call, isBlind, place } of calls) {
    if (isBlind && call.preparation.approval?.status === 'rejected') notes.refuse(place, call.preparation)
  }
}

/** Nothing for arguments that the tool will not accept: LangChain tells the model so. */
async function decideOne(tools: AgentTools, config: CallConfig, call: ToolCall): Promise<AheadCall | undefined> {
  const { gate, tool } = tools.named(call.name)
  const parsed = tool === undefined ? { isValid: true as const, input: call.args } : await parseInput(tool, call.args)
  if (!parsed.isValid) return undefined
  const place = placeOf(config, call.id, gate.scope)
  const schema = tool === undefined ? undefined : schemaOf(tool)
  const validate = tool === undefined ? undefined : validatorOf(tool)
  const proposed = askable(gate, { input: parsed.input, toolCallId: call.id, config, schema, validate }, place)
  const asked = await prepareCall(proposed, answersAtHand(config) !== 0)
  return { asked, toolCallId: call.id, place, isBlind: tool === undefined }
}

/** Several subagents may ask at once, each about its own calls, and an answer without a name comes to all of them. */
async function othersWait({ configurable }: CallConfig, asked: readonly AskedCall[]): Promise<string | undefined> {
  const space: unknown = configurable?.['checkpoint_ns']
  const [first] = asked
  if (first === undefined || typeof space !== 'string' || !space.includes('|')) return undefined
  const approvals = await first.governor.approvals.list({ status: 'pending', ...ofSession(first.scope) })
  const own = new Set(asked.map(({ preparation }) => preparation.decision.approvalId))
  return approvals.some(({ id, status }) => status === 'pending' && !own.has(id)) ? BY_NAME : undefined
}

/** A refused call has ended with its decision. */
function endedAs({ next }: Preparation): ExecutionStatus | undefined {
  if (next === 'run') return undefined
  return next === 'ask' ? 'approval_required' : 'blocked'
}

/** Calls of the last proposal that nothing has answered since; earlier turns may have used the same ids. */
function pendingCalls(state: unknown): readonly ToolCall[] {
  const messages = messagesOf(state)
  const last = messages.findLastIndex(message => AIMessage.isInstance(message))
  const proposal = messages[last] as AIMessage | undefined
  const since = messages.slice(last + 1).filter(message => ToolMessage.isInstance(message))
  const answered = new Set(since.map(message => message.tool_call_id))
  return (proposal?.tool_calls ?? []).filter(({ id }) => id !== undefined && id !== '' && !answered.has(id))
}

/**
 * The config that LangGraph runs a hook with: the hook itself is not given callbacks, and its context is only the part
 * that its own schema names, while the gate sees all of it.
 */
export function configOf(runtime: RuntimeLike, state: unknown): CallConfig {
  const config = AsyncLocalStorageProviderSingleton.getRunnableConfig() as CallConfig | undefined
  const { configurable, context, signal, writer, interrupt } = runtime
  return {
    configurable,
    signal,
    writer,
    interrupt,
    state,
    context: config?.context ?? context,
    callbacks: config?.callbacks,
    executionInfo: config?.executionInfo,
  }
}
