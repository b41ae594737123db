import { RESUME_REFUSED } from '../enforce/resume.js'
import type { Decision } from '../types.js'

/**
 * What the model is told of a call that did not run. The text itself says so, because no provider is sent a status; it
 * carries the reason and what to do instead, and nothing else of the decision.
 *
 * @param resumed the call came back as approved: the decision it waits under is older, and does not say why that is refused
 */
export function refusalText(decision: Decision, resumed = false): string {
  const what = `The call to tool "${decision.tool}" was not executed`
  if (decision.result === 'requires_approval') {
    const unproven = resumed && !decision.reason.includes(RESUME_REFUSED) ? `; ${RESUME_REFUSED}` : ''
    return `${what}: it needs a person's approval (${decision.reason}${unproven}). Approval request ${decision.approvalId ?? decision.id} is pending. Do not call the tool again with the same arguments; tell the user that the request is waiting for approval.`
  }
  return `${what}: it was ${decision.failMode === undefined ? 'blocked by policy' : 'blocked, as it could not be decided on'} (${decision.reason}). Do not retry it with the same arguments; tell the user, or continue another way.`
}

/** What the model is told when the input is no longer the one that was decided on. */
export function alteredText(decision: Decision): string {
  return `The call to tool "${decision.tool}" was not executed: its input changed after the decision. Call the tool again if it is still needed, with the arguments you mean.`
}
