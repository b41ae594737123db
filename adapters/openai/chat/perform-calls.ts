import type { Performed, Performer } from '../call/performer.js'
import type { OnToolError } from './options.js'
import type { ChatRunEvent } from './run-events.js'
import { Raised } from './raised.js'
import type { ProposedCall } from '../call/proposed.js'

/** How calls of one answer are performed. */
export interface Performing {
  readonly iteration: number
  readonly onToolError: OnToolError
  readonly signal: AbortSignal | undefined
}

/** Performs the calls of an answer in their order, and tells of each. @throws Raised, or a tool's error, as `onToolError` says */
export async function* performCalls(
  calls: readonly ProposedCall[],
  performer: Performer,
  { iteration, onToolError, signal }: Performing,
): AsyncGenerator<ChatRunEvent, readonly Performed[], undefined> {
  const answers: Performed[] = []
  for (const call of calls) {
    signal?.throwIfAborted()
    const toolCall = { id: call.callId, name: call.name, arguments: call.text }
    yield { type: 'tool_call_started', iteration, toolCall }
    const performed = await performer.perform(call)
    answers.push(performed)
    for (const event of performed.events) {
      const { status, error } = event
      if (status === 'tool_error') yield { type: 'tool_call_failed', iteration, toolCall, event, error }
      else yield { type: 'tool_call_completed', iteration, toolCall, event }
      // Arguments that are none are the model's to put right, whatever is done about tools that fail.
      const hasThrown = status === 'tool_error' && event.decision !== undefined
      if (hasThrown && onToolError === 'raise') throw new Raised(error)
      if (hasThrown && onToolError === 'abort') throw error
    }
  }
  return answers
}
