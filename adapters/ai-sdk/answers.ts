import type { ChatAnswer } from 'countersign'
import type { CallOptions } from './tool-like.js'

interface Message {
  readonly content?: unknown
}

interface Part {
  readonly type?: unknown
  readonly toolCallId?: unknown
  readonly approvalId?: unknown
  readonly approved?: unknown
  readonly reason?: unknown
}

/** What a conversation says of one call: that somebody was asked about it, and what they answered. Input, not evidence. */
export interface Claim {
  readonly answer?: ChatAnswer
}

/**
 * What the conversation claims about this call; nothing for one that comes from the model. One with a claim comes back out
 * of the history. Automatic requests count: a client can turn the answer to one around. A "no" goes before a "yes".
 */
export function claimFor({ messages, toolCallId }: CallOptions): Claim | undefined {
  if (!Array.isArray(messages)) return undefined
  // Some frameworks use the call's id as the id of its approval.
  const ids: unknown[] = [toolCallId]
  let isNamed = false
  for (const { type, toolCallId: id, approvalId } of partsOf(messages)) {
    if (type === 'tool-approval-request' && id === toolCallId) ids.push(approvalId)
    isNamed ||= type === 'tool-approval-response' && approvalId === toolCallId
  }
  if (ids.length === 1 && !isNamed) return undefined
  let said: Part | undefined
  for (const part of partsOf(messages)) {
    if (part.type !== 'tool-approval-response' || !ids.includes(part.approvalId)) continue
    said = part
    if (part.approved !== true) break
  }
  return said === undefined ? {} : { answer: answerOf(said) }
}

/** An answer in the core's words. */
export function answerOf({ approved, reason }: Pick<Part, 'approved' | 'reason'>): ChatAnswer {
  const resolution = approved === true ? 'approved' : 'rejected'
  return typeof reason === 'string' && reason !== '' ? { resolution, comment: reason } : { resolution }
}

function* partsOf(messages: readonly (Message | null)[]): Generator<Part> {
  for (const message of messages) {
    if (!Array.isArray(message?.content)) continue
    for (const part of message.content as readonly unknown[]) if (typeof part === 'object' && part !== null) yield part
  }
}
