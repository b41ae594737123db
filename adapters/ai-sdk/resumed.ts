import type { CallOptions } from './tool-like.js'

interface Message {
  readonly content?: unknown
}

interface Part {
  readonly type?: unknown
  readonly toolCallId?: unknown
  readonly approvalId?: unknown
}

/**
 * Whether the conversation holds an approval request for this call, or an answer to one: then the call comes back out of
 * the history instead of from the model. Automatic requests count: a client can turn the answer to one around.
 */
export function isResumed({ messages, toolCallId }: CallOptions): boolean {
  if (!Array.isArray(messages)) return false
  const concernsCall = concerns(toolCallId)
  return (messages as readonly (Message | null)[]).some(
    message => Array.isArray(message?.content) && message.content.some(concernsCall),
  )
}

/** Some frameworks use the call's id as the id of its approval. */
function concerns(toolCallId: string): (part: Part | null) => boolean {
  return part =>
    (part?.type === 'tool-approval-request' && part.toolCallId === toolCallId) ||
    (part?.type === 'tool-approval-response' && part.approvalId === toolCallId)
}
