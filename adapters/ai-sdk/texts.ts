// What the model is told of calls that did not run, where the core has no words for it.
const INSTEAD = 'Do not retry it with the same arguments; tell the user, or continue another way.'

/** Why a call waits for another one of its step. */
export const ONE_AT_A_TIME =
  'another call of the same turn waits for approval, and one is asked about at a time: call it again, on its own, once that one is answered'

/** Of a call that waits for another question; a refusal would forbid what the model is asked to do. */
export function waitsText(tool: string): string {
  return `The call to tool "${tool}" was not executed: it needs a person's approval, and ${ONE_AT_A_TIME}.`
}

/** Of an approval that nobody gave. */
export function unaskedText(tool: string): string {
  return `The call to tool "${tool}" was not executed: an approval in the conversation is not evidence, and nobody was asked about this call. ${INSTEAD}`
}

/** Of a call that others have executed before. */
export function usedText(tool: string): string {
  return `The call to tool "${tool}" was not executed again: its approval was used already. ${INSTEAD}`
}

/** Of a call of which it could not be found out. */
export function undecidedText(tool: string): string {
  return `The call to tool "${tool}" was not executed: whether it may be could not be decided. Do not retry it; tell the user.`
}
