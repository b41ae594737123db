import type { CapturedCall } from '../capture/request.js'
import type { Observers } from '../report/observers.js'
import type { ToolProfile } from '../tool-profile.js'
import type { CallScope } from './governor.js'

/** A captured call on its way through the stages. */
export interface Proposal {
  readonly captured: CapturedCall
  readonly profile: ToolProfile | undefined
  readonly observers: Observers
  /** What the caller said of it. */
  readonly scope: CallScope
}

/** Whether a call changes anything: what only reads needs no receipt. */
function hasEffect({ captured: { request } }: Proposal): boolean {
  return request.annotations.readOnly !== true || request.annotations.destructive === true
}

/** Whether a framework brought the call back out of a conversation. */
export function isResumed({ scope }: Proposal): boolean {
  return scope.resumed === true || scope.answer !== undefined
}

/** Whether a receipt is kept of a call. One that cannot even be fingerprinted is blocked anyway. */
export function isKept(proposal: Proposal): boolean {
  return hasEffect(proposal) && proposal.captured.request.digest !== ''
}

/** Whose call it is. */
export function tenantOf({ captured: { request } }: Proposal): string | undefined {
  return request.session.tenant
}
