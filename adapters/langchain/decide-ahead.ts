import { AIMessage, ToolMessage } from '@langchain/core/messages'
import type { ToolCall } from '@langchain/core/messages/tool'
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'
import type { Decision, ExecutionStatus } from 'countersign'
import type { AgentTools } from './agent-tools.js'
import { ask, canAsk, type HeldCall } from './approval.js'
import { governanceData, sinkOf, tell } from './events.js'
import { shown } from './gate.js'
import type { Notes } from './notes.js'
import { parseInput } from './parse.js'
import { type CallConfig, messagesOf, type Place, placeOf } from './place.js'

/** The part of a middleware's runtime that is read. */
export type RuntimeLike = Pick<CallConfig, 'configurable' | 'context' | 'signal' | 'writer' | 'interrupt'>

/**
 * Decides every pending call of the model's last message and asks about all held ones in one interrupt. The gate decides
 * nothing again that was decided here. Where nobody can be asked, nothing happens here and the gate decides alone.
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
  const held: (HeldCall & { readonly place: Place })[] = []
  for (const call of pendingCalls(state)) {
    const decided = await decideOne(tools, notes, config, call)
    if (decided?.decision.result === 'requires_approval') held.push(decided)
  }
  if (held.length === 0) return
  const answers = ask(config, held)
  for (const [index, { place }] of held.entries()) {
    const answer = answers[index]
    if (answer !== undefined) notes.add(place, { answer })
  }
}

/** Nothing for arguments that the tool will not accept: LangChain tells the model so. */
async function decideOne(
  tools: AgentTools,
  notes: Notes,
  config: CallConfig,
  call: ToolCall,
): Promise<(HeldCall & { readonly place: Place; readonly decision: Decision }) | undefined> {
  const { gate, tool } = tools.named(call.name)
  const parsed = tool === undefined ? { isValid: true as const, input: call.args } : await parseInput(tool, call.args)
  if (!parsed.isValid) return undefined
  const place = placeOf(config, call.id, gate.scope)
  if (tool === undefined) notes.add(place, { isBlind: true })
  const decision = await gate.governor.prepare(
    { id: place.callId, name: call.name, input: parsed.input },
    gate.profile === undefined ? place.scope : { ...place.scope, profile: gate.profile },
  )
  tell(config, sinkOf(config), governanceData(decision, call.id, endedAs(decision)))
  return { name: call.name, args: shown(parsed.input), decision, place }
}

/** A refused call has ended with its decision. */
function endedAs({ result, approvalId }: Decision): ExecutionStatus | undefined {
  if (result === 'allowed') return undefined
  return approvalId === undefined ? 'blocked' : 'approval_required'
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
