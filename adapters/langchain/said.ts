import { HumanMessage } from '@langchain/core/messages'
import { messagesOf } from './place.js'

/** What the user has said, as far as the graph's state holds it, oldest first. */
export function saidIn(state: unknown): readonly string[] {
  return messagesOf(state).flatMap(message => (HumanMessage.isInstance(message) ? [message.text] : []))
}
