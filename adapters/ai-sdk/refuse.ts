import { type Execution, GovernanceError } from 'countersign'
import { isUnasked } from './one-question.js'
import { waitsText } from './texts.js'

/**
 * What an execution is to the SDK: the tool's output, or an error, whose text the model reads.
 *
 * @throws GovernanceError `blocked` or `approval-required` with what the model is to read; the tool's own error as it was
 */
export function outputOf(execution: Execution): unknown {
  const { decision } = execution
  switch (execution.status) {
    case 'executed':
      return execution.output
    case 'blocked': {
      const message = isUnasked(decision) ? waitsText(decision.tool) : execution.message
      throw new GovernanceError('blocked', message, { decisionId: decision.id })
    }
    case 'approval_required':
      throw new GovernanceError('approval-required', execution.message, { decisionId: decision.id })
    case 'tool_error':
      throw execution.notice === undefined ? execution.error : noticed(execution.notice, execution.error)
  }
}

/** A changed call that failed: the model must not take the error for an answer to what it had asked. */
function noticed(notice: string, cause: unknown): Error {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause))
  return Object.assign(new Error(`${notice}\n${message}`, { cause }), { name })
}
