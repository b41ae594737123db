import type { Approval } from '../approval.js'
import type { Decision } from '../types.js'

/** What an approval's answer cost an unanswered call, in the model's words. */
const NO_RETRY = 'Do not retry it with the same arguments; tell the user, or continue another way.'

/**
 * What the model is told of a call that did not run. The text itself says so, because no provider is sent a status; it
 * carries the reason and what to do instead, and nothing else of the decision.
 *
 * @param approval the request it waits under, as it stands
 * @param problem why an answer could not be used
 */
export function refusalText(decision: Decision, approval?: Approval, problem?: string): string {
  const what = `The call to tool "${decision.tool}" was not executed`
  if (decision.result !== 'requires_approval') {
    return `${what}: it was ${decision.failMode === undefined ? 'blocked by policy' : 'blocked, as it could not be decided on'} (${decision.reason}). ${NO_RETRY}`
  }
  switch (approval?.status) {
    case 'rejected': {
      const words = approval.comment === undefined || approval.comment === '' ? '' : ` ("${approval.comment}")`
      return `${what}: the reviewer rejected it${words}. Do not call it again with the same arguments unless the user asks for it.`
    }
    case 'expired':
      return `${what}: nobody approved it in time, and the request has expired. ${NO_RETRY}`
    case 'cancelled':
      return `${what}: the request for its approval was cancelled (${approval.comment ?? 'no reason given'}). ${NO_RETRY}`
    case 'consumed':
      return `${what} again: its approval was used already. ${NO_RETRY}`
    default: {
      const unusable = problem === undefined ? '' : `; ${problem}`
      return `${what}: it needs a person's approval (${decision.reason}${unusable}). Approval request ${decision.approvalId ?? decision.id} is pending. Do not call the tool again with the same arguments; tell the user that the request is waiting for approval.`
    }
  }
}

/** What the model is told when the input is no longer the one that was decided on. */
export function alteredText(decision: Decision): string {
  return `The call to tool "${decision.tool}" was not executed: its input changed after the decision. Call the tool again if it is still needed, with the arguments you mean.`
}

/** What the model is told of a call that was begun before, in a process that is gone. */
export function unknownText(tool: string, key: string): string {
  return `The call to tool "${tool}" was not executed again: it was begun before, and whether it took effect is not known. Do not call it again; tell the user that a person has to look into it (receipt ${key}).`
}

/** What the model is told of a call that was let go on for execution elsewhere, and the program of whoever wants to run it here. */
export function elsewhereText(tool: string): string {
  return `The call to tool "${tool}" was not executed: it was let go on to be executed elsewhere, by whoever asked the decision service whose records these are. A governor that asks a service keeps its own records in another store: another file, or another schema.`
}

/** What takes the place of a result that was not kept. */
export function lostOutputText(tool: string, reason: string): string {
  return `The call to tool "${tool}" was executed before; its result was not kept (${reason}).`
}

/** What the model is told of an approved edit that cannot run. */
export function editRefusedText(tool: string, why: string): string {
  return `The call to tool "${tool}" was not executed: the reviewer changed it, and ${why}. ${NO_RETRY}`
}
