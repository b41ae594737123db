import type { ModelMessage, UIMessage } from 'ai'
import type { Governor } from 'countersign'
import { checkGovernor } from './govern.js'
import { reviewModelMessages } from './review/model-messages.js'
import { reviewUIMessage } from './review/ui-message.js'

/** Where answers are recorded. */
export interface ReviewMessagesOptions {
  /** The governor or session that the tools of this request are governed with: its `user` and `sessionId` are whose answers these are. */
  readonly governor: Governor
}

/**
 * Takes the answers in a conversation to the ledger, at the head of a route, and gives back the messages to go on with:
 * `streamText({ messages: await convertToModelMessages(await reviewMessages(messages, { governor })) … })`. An approval
 * and a denial are recorded as the user's, if that request was really opened for that call, in that session, and is the
 * user's to answer. An approval that counts for nothing becomes a denial with its reason, so that the chat goes on. It
 * also decides on approvals that the provider is waiting for. What JSON took from the input of an approved call is put back.
 *
 * @throws GovernanceError `invalid-option` for a governor that is none
 */
export async function reviewMessages<MESSAGE extends UIMessage | ModelMessage>(
  messages: readonly MESSAGE[],
  { governor }: ReviewMessagesOptions,
): Promise<MESSAGE[]> {
  checkGovernor(governor)
  // Each message is taken for what it holds: one that has both is looked at as both.
  const ofModel = (await reviewModelMessages(messages as readonly ModelMessage[], governor)) as MESSAGE[]
  const reviewed: MESSAGE[] = []
  for (const [index, message] of ofModel.entries()) {
    const isLast = index === ofModel.length - 1
    reviewed.push(isUIMessage(message) ? await reviewUIMessage(message, isLast, governor) : message)
  }
  return reviewed
}

function isUIMessage(message: UIMessage | ModelMessage): message is UIMessage {
  return Array.isArray((message as { readonly parts?: unknown } | null | undefined)?.parts)
}
