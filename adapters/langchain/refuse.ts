import { ToolMessage } from '@langchain/core/messages'
import { type Decision, GovernanceError } from 'countersign'
import { governanceData } from './events.js'
import type { Gate, GatedCall } from './gate.js'

/** A call that did not run, and what the model is told. */
interface Refusal {
  readonly status: 'blocked' | 'approval_required'
  readonly decision: Decision
  readonly message: string
}

/**
 * What a refused call is answered with.
 *
 * @throws GovernanceError `blocked` or `approval-required` for a call without a tool call id: it has no message to be
 * answered with
 */
export function refuse(gate: Gate, call: GatedCall, { decision, status, message: content }: Refusal): unknown {
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

/** LangChain's own retry layers read this mark; asking again changes nothing. */
const RETRYABLE = Symbol.for('langchain.errors.retryable')

function refusalError(status: Refusal['status'], message: string, decision: Decision): GovernanceError {
  const code = status === 'blocked' ? 'blocked' : 'approval-required'
  const error = new GovernanceError(code, message, { decisionId: decision.id })
  return Object.defineProperty(error, RETRYABLE, { value: false, configurable: true })
}
