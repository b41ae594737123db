import { chain, isPromiseLike } from '../../ambient.js'
import type { Approval } from '../../approval.js'
import { callKey } from '../../capture/key.js'
import type { Receipt } from '../../receipt.js'
import type { Awaitable } from '../../types.js'
import type { LastResort } from '../decide/last-resort.js'
import type { Ruling } from '../decide/ruling.js'
import type { Proposal } from '../proposal.js'
import type { Reader } from '../reader.js'

/** What looking back needs of a governor. */
export interface PastParts {
  readonly reader: Reader
  readonly lastResort: LastResort
}

/** What is known of a call before it is decided on. */
export interface Past {
  readonly key: string
  readonly receipt: Receipt | undefined
  readonly approval: Approval | undefined
}

/** What the store knows of a call; where it cannot be read, the decision that follows from that. Never rejects. */
export function pastOf(
  { reader, lastResort }: PastParts,
  proposal: Proposal,
): Awaitable<Past | { readonly ruling: Ruling }> {
  const failed = async (error: unknown): Promise<{ readonly ruling: Ruling }> => ({
    ruling: await lastResort.unreadable(proposal, error),
  })
  const read = (key: string): Awaitable<Past> =>
    // The approval first: whoever uses one up writes the receipt in the same instant, so that it is found after it.
    chain(reader.approvalOf(key), approval => chain(reader.receipt(key), receipt => ({ key, receipt, approval })))
  try {
    const past = chain(callKey(proposal.captured.request), read)
    return isPromiseLike(past) ? past.then(undefined, failed) : past
  } catch (error) {
    return failed(error)
  }
}

/** A person has said no, or the approval was used; whatever the policy says now. */
export function isRefused(approval: Approval | undefined): approval is Approval {
  return approval?.status === 'rejected' || approval?.status === 'consumed'
}
