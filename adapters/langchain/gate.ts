import {
  type CallScope,
  type Execution,
  type ExecutionContext,
  type Preparation,
  type ToolProfile,
  type Validate,
} from 'countersign'
import { askAbout } from './ask-at-gate.js'
import { tellEdit } from './edited.js'
import { type EventSink, governanceData, isHeard, tell } from './events.js'
import type { GateOptions } from './options.js'
import { outputs } from './outputs.js'
import { type CallConfig, type Place, placeOf } from './place.js'
import { refuse } from './refuse.js'
import { saidIn } from './said.js'
import { answersAtHand, canAsk } from './scratchpad.js'
import { type OtherTools, runOther } from './switch.js'

/** What is the same for every call of one tool. */
export interface Gate extends GateOptions {
  readonly name: string
  readonly profile: ToolProfile | undefined
  /** The tools that a reviewer may choose from, where the governor allows it. */
  readonly others?: OtherTools | undefined
  /** The one call this gate was made for was refused already. */
  readonly refused?: Preparation
}

/** One call at the gate. */
export interface GatedCall {
  /** As the tool will receive it. */
  readonly input: unknown
  readonly toolCallId: string | undefined
  readonly config: CallConfig
  readonly events: EventSink | undefined
  /** The result goes through LangChain's formatting, which wants content and artifact as a pair. */
  readonly asTuple: boolean
  /** What the tool's schema says of arguments that a reviewer changed. */
  readonly validate: Validate | undefined
  readonly schema: unknown
}

/** What a governed tool finds in its config, beside what LangChain puts there. */
export interface GovernanceConfig {
  readonly decisionId: string
  /** The same for the same call, in every process: pass it on to whatever has effects. */
  readonly idempotencyKey: string
}

/**
 * The one place where a LangChain tool runs, and only if the core says so. Translates: the tool's own error is thrown on,
 * a refusal becomes an error message for the model.
 *
 * @throws the tool's error; LangGraph's interrupt for a held call; GovernanceError `blocked` or `approval-required` for a
 * refused call without a tool call id, which has no message to be answered with
 */
export async function passGate(
  gate: Gate,
  call: GatedCall,
  execute: (context: ExecutionContext) => unknown,
): Promise<unknown> {
  if (gate.refused !== undefined) {
    const { decision, message = decision.reason } = gate.refused
    tell(call.config, call.events, governanceData(decision, call.toolCallId, 'blocked'))
    return refuse(gate, call, { status: 'blocked', decision, message })
  }
  const place = placeOf(call.config, call.toolCallId, gate.scope)
  const asks = gate.approvals === 'interrupt' && call.toolCallId !== undefined && canAsk(call.config)
  if (asks && answersAtHand(call.config) !== 0) await askAbout(gate, call, place)
  for (;;) {
    const execution = await runThrough(gate, call, place, execute)
    if (execution.status === 'executed') return finish(gate, call, execution)
    if (execution.status === 'tool_error') throw execution.error
    if (execution.status === 'blocked' || !asks) return refuse(gate, call, execution)
    await askAbout(gate, call, place)
  }
}

function runThrough(
  gate: Gate,
  call: GatedCall,
  place: Place,
  execute: (context: ExecutionContext) => unknown,
): Promise<Execution> {
  const { config, events, toolCallId } = call
  const heard = isHeard(config, events)
  const run = (context: ExecutionContext): unknown => {
    if (heard) tell(config, events, governanceData(context.decision, toolCallId))
    return execute(context)
  }
  const running = gate.governor.run(
    { id: place.callId, name: gate.name, input: call.input },
    run,
    scopeOf(gate, call, place),
  )
  if (!heard) return running
  return running.then(execution => {
    tell(config, events, governanceData(execution.decision, toolCallId, execution.status))
    return execution
  })
}

function scopeOf(gate: Gate, call: GatedCall, { scope }: Place): CallScope {
  const { signal } = call.config
  return {
    ...scope,
    profile: gate.profile,
    said: () => saidIn(call.config.state),
    signal,
    waits: gate.approvals === 'wait',
    validate: call.validate,
    switchTo: gate.others === undefined ? undefined : name => runOther(gate.others, name, call),
    outputs,
    isControlFlow: error => (isParentCommand(error) ? 'ended' : isBubbleUp(error) || signal?.aborted === true),
  }
}

function finish(gate: Gate, call: GatedCall, execution: Extract<Execution, { status: 'executed' }>): unknown {
  const { output, notice, edit, replayed } = execution
  const { toolCallId, asTuple } = call
  if (notice !== undefined && toolCallId !== undefined) {
    return tellEdit(output, { edit, notice, toolCallId, name: gate.name }, asTuple)
  }
  // Of a result that was not kept there is only a text.
  const isPair = Array.isArray(output) && output.length === 2
  return asTuple && replayed === true && !isPair ? [output, undefined] : output
}

/** LangGraph's signals (interrupts, commands to a parent graph) are recognised by their mark, without importing LangGraph. */
export function isBubbleUp(error: unknown): boolean {
  return (error as { readonly is_bubble_up?: unknown } | null | undefined)?.is_bubble_up === true
}

/** A command to the graph around: the tool has done its work, unlike one that was interrupted. */
function isParentCommand(error: unknown): boolean {
  return isBubbleUp(error) && (error as { readonly name?: unknown }).name === 'ParentCommand'
}
