import type { Decision } from 'countersign'
import { ONE_AT_A_TIME } from './texts.js'

/** By the messages of a step, which the SDK hands to each of its calls: the call that a person is asked about. */
const askedIn = new WeakMap<object, string>()

/** Why nobody can be asked about this call: somebody is being asked about another call of its step. */
export function otherQuestion(messages: object, toolCallId: string): string | undefined {
  const asked = askedIn.get(messages)
  return asked === undefined || asked === toolCallId ? undefined : ONE_AT_A_TIME
}

/** Notes that a person is asked about this call, unless one was before it. */
export function noteQuestion(messages: object, toolCallId: string): void {
  if (!askedIn.has(messages)) askedIn.set(messages, toolCallId)
}

/** Whether a call was refused because of another question. */
export function isUnasked({ findings }: Decision): boolean {
  return findings.some(({ rule }) => rule === 'unaskable')
}
