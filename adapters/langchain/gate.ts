import { ToolMessage } from '@langchain/core/messages'
import {
  type CallScope,
  type Decision,
  type Execution,
  type ExecutionContext,
  GovernanceError,
  type ToolProfile,
} from 'countersign'
import { type Answer, ask, canAsk } from './approval.js'
import { type EventSink, governanceData, isHeard, tell } from './events.js'
import type { GateOptions } from './options.js'
import { type CallConfig, type Place, placeOf } from './place.js'

/** What is the same for every call of one tool. */
export interface Gate extends GateOptions {
  readonly name: string
  readonly profile: ToolProfile | undefined
  /** A person has already answered about the one call this gate was made for. */
  readonly answer?: Answer
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
}

/** What a governed tool finds in its config, beside what LangChain puts there. */
export interface GovernanceConfig {
  readonly decisionId: string
  /** The same for the same call, in every process: pass it on to whatever has effects. */
  readonly idempotencyKey: string
}

type Held = Extract<Execution, { status: 'approval_required' }>
type Refused = Held | Extract<Execution, { status: 'blocked' }>

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
  const place = placeOf(call.config, call.toolCallId, gate.scope)
  let { answer } = gate
  for (;;) {
    const execution = await runThrough(gate, call, place, answer, execute)
    if (execution.status === 'executed') return execution.output
    if (execution.status === 'tool_error') throw execution.error
    if (answer !== undefined || execution.status === 'blocked') return refuse(gate, call, execution, answer)
    answer = askAbout(gate, call, execution)
    if (answer?.type !== 'approve') return refuse(gate, call, execution, answer)
  }
}

/** Hands the call to the core. What a person answered is only a claim: the core decides what it is worth. */
function runThrough(
  gate: Gate,
  call: GatedCall,
  place: Place,
  answer: Answer | undefined,
  execute: (context: ExecutionContext) => unknown,
): Promise<Execution> {
  const { config, events, toolCallId } = call
  const { signal } = config
  const heard = isHeard(config, events)
  const scope: CallScope = {
    ...place.scope,
    profile: gate.profile,
    signal,
    resumed: answer !== undefined,
    isControlFlow: error => isBubbleUp(error) || signal?.aborted === true,
  }
  const run = (context: ExecutionContext): unknown => {
    if (answer?.type === 'reject') throw new GovernanceError('blocked', rejection(gate.name, answer))
    if (heard) tell(config, events, governanceData(context.decision, toolCallId))
    return execute(context)
  }
  const running = gate.governor.run({ id: place.callId, name: gate.name, input: call.input }, run, scope)
  if (!heard) return running
  return running.then(execution => {
    tell(config, events, governanceData(execution.decision, toolCallId, execution.status))
    return execution
  })
}

/** Only a call with an id can be recognised when the graph brings it back, so only such a call raises an interrupt. */
function askAbout(gate: Gate, call: GatedCall, { decision }: Held): Answer | undefined {
  const { config, input, toolCallId } = call
  if (gate.approvals === 'off' || toolCallId === undefined || !canAsk(config)) return undefined
  return ask(config, [{ name: gate.name, args: shown(input), decision }])[0]
}

/** Arguments as a request shows them; a string tool's come as LangChain writes them in a tool call. */
export function shown(input: unknown): Readonly<Record<string, unknown>> {
  return typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : { input }
}

function refuse(gate: Gate, call: GatedCall, execution: Refused, answer: Answer | undefined): unknown {
  const { decision, status } = execution
  const content = answer?.type === 'reject' ? rejection(gate.name, answer) : execution.message
  if (call.toolCallId === undefined) throw refusalError(status, content, decision)
  const message = new ToolMessage({
    content,
    status: 'error',
    tool_call_id: call.toolCallId,
    name: gate.name,
    artifact: { governance: governanceData(decision, call.toolCallId, status) },
  })
  return call.asTuple ? [message, undefined] : message
}

/** What the model is told when a reviewer said no. */
function rejection(tool: string, { message }: Extract<Answer, { type: 'reject' }>): string {
  const words = message === undefined || message === '' ? '' : ` ("${message}")`
  return `The call to tool "${tool}" was not executed: the reviewer rejected it${words}. Do not call it again with the same arguments unless the user asks for it.`
}

/** LangChain's own retry layers read this mark; asking again changes nothing. */
const RETRYABLE = Symbol.for('langchain.errors.retryable')

function refusalError(status: Refused['status'], message: string, decision: Decision): GovernanceError {
  const code = status === 'blocked' ? 'blocked' : 'approval-required'
  const error = new GovernanceError(code, message, { decisionId: decision.id })
  return Object.defineProperty(error, RETRYABLE, { value: false, configurable: true })
}

/** LangGraph's signals (interrupts, commands to a parent graph) are recognised by their mark, without importing LangGraph. */
export function isBubbleUp(error: unknown): boolean {
  return (error as { readonly is_bubble_up?: unknown } | null | undefined)?.is_bubble_up === true
}
