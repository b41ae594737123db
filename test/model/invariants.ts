import type { Approval, Receipt } from 'countersign'
import { isHeld } from './actor.js'
import type { Effect, Facts, Happened } from './facts.js'
import type { World } from './world.js'

/** What must be true after every step: nothing, or what is wrong. */
type Invariant = (event: Happened, world: World) => string | undefined

type Committed = Extract<Happened, { type: 'commit' }>

/** Written from the promises, and from nothing in the code that keeps them. */
export const INVARIANTS = {
  AtMostOneStart: (event, { facts, scenario: { starts = 1, effects = starts } }) => {
    if (event.type === 'undone' && facts.undone.filter(key => key === event.key).length > 1)
      return 'it was undone twice'
    if (event.type !== 'call' && event.type !== 'effect') return undefined
    const { proposal } = event.effect
    const count = (list: readonly Effect[]): number => list.filter(other => other.proposal === proposal).length
    if (count(facts.calls) > starts) return `the effect of ${proposal} was begun ${count(facts.calls)} times`
    return count(facts.effects) > effects
      ? `the effect of ${proposal} took place ${count(facts.effects)} times`
      : undefined
  },

  NoStartWithoutValidApproval: (event, { facts }) => {
    if (event.type !== 'call' || !isHeld(proposedInput(event.effect)) || grantFor(event.effect, facts)) return undefined
    const used = usedApproval(event.effect, facts)
    if (used === undefined) return `${event.effect.proposal} began, and no approval was used for it`
    const { consumedAt, expiresAt, stages } = used
    if (consumedAt >= expiresAt) return 'the approval had expired when it was used'
    const needed = stages.reduce((sum, { quorum }) => sum + quorum, 0)
    const people = new Set(yesTo(event.effect, facts).map(({ by }) => by))
    if (people.has(used.actor)) return 'who acts has approved'
    return people.size < needed ? `${people.size} of ${needed} people had approved ${event.effect.input}` : undefined
  },

  NotConsumedByOtherDigest: (event, { facts }) => {
    if (event.type !== 'call') return undefined
    const { effect } = event
    const proposed = proposedInput(effect)
    if (effect.input === proposed && (!isHeld(proposed) || grantFor(effect, facts))) return undefined
    const isMeant = yesTo(effect, facts).length > 0
    return isMeant ? undefined : `it ran with ${effect.input}, and nobody had approved that for call ${effect.proposal}`
  },

  ConsumedOnce: (event, { facts }) => {
    if (event.type !== 'commit' || event.commit.approval?.status !== 'consumed') return undefined
    const { approval, receipt } = event.commit
    const times = facts.paths.get(approval.id)?.split(' consumed').length ?? 1
    if (times > 2) return `approval of call ${approval.call.id} was used ${times - 1} times`
    if (event.before.approval?.status !== 'approved')
      return `an approval that was ${event.before.approval?.status} was used`
    const isStarted = receipt?.status === 'started' && receipt.approvalId === approval.id && receipt.revision === 1
    return isStarted ? undefined : 'an approval was used, and no effect began with it'
  },

  UnknownNeverAutoRetried: (event, { scenario, facts }) => {
    if (scenario.retries === true) return undefined
    if (event.type === 'call')
      return / unknown/.test(facts.paths.get(event.effect.key) ?? '') ? 'it was unknown, and began again' : undefined
    if (event.type !== 'commit' || event.before.receipt?.status !== 'unknown') return undefined
    const { status } = event.commit.receipt as Receipt
    return status === 'claimed' || status === 'started' ? `an unknown effect was ${status} again` : undefined
  },

  LegalTransitions: event => {
    if (event.type !== 'commit') return undefined
    return approvalProblem(event) ?? receiptProblem(event) ?? grantProblem(event)
  },

  TrueAnswers: (event, { facts }) => (event.type === 'answer' ? untruth(event, facts) : undefined),

  NothingAcknowledgedIsLost: (event, { facts }) => {
    if (event.type !== 'resolved') return undefined
    const stored = [...facts.approvals.values()].find(
      ({ key, policyVersion }) => key === event.approval.key && policyVersion === event.approval.policyVersion,
    )
    const has = stored?.votes.some(({ by, resolution }) => by === event.by && resolution === event.resolution)
    return has === true ? undefined : `the answer of ${event.by} is not stored`
  },

  LimitHolds: (event, { facts, scenario: { cap } }) =>
    cap !== undefined && event.type === 'call' && facts.calls.length > cap
      ? `${facts.calls.length} calls ran, and ${cap} may`
      : undefined,

  WhatIsAllowedHappens: (event, { facts, scenario: { happens = 0 } }) =>
    event.type === 'over' && !event.hasCrashed && facts.effects.length < happens
      ? `${facts.effects.length} effects took place, and ${happens} were allowed`
      : undefined,

  NothingWaitsForEver: event =>
    event.type === 'end' && event.waiting.length > 0 ? `${event.waiting.join(', ')} would wait for ever` : undefined,
} satisfies Record<string, Invariant>

/** Name of an invariant. */
export type InvariantName = keyof typeof INVARIANTS

function proposedInput({ proposal }: Effect): string {
  const [, input] = JSON.parse(proposal) as readonly [string, unknown]
  return JSON.stringify(input)
}

function usedApproval(
  { key, callId }: Effect,
  { receipts, approvals }: Facts,
): Extract<Approval, { status: 'consumed' }> | undefined {
  const approval = approvals.get(receipts.get(key)?.approvalId ?? '')
  return approval?.status === 'consumed' && approval.call.id === callId ? approval : undefined
}

function grantFor({ key }: Effect, { receipts, grantOf, grants }: Facts): boolean {
  const grant = grants.get(grantOf.get(receipts.get(key)?.decisionId ?? '') ?? '')
  return grant !== undefined && grant.uses <= grant.maxUses
}

function yesTo({ callId, input }: Effect, { said }: Facts): Facts['said'] {
  return said.filter(other => other.callId === callId && other.resolution === 'approved' && other.input === input)
}

const APPROVAL_STEPS: Readonly<Record<Approval['status'], readonly Approval['status'][]>> = {
  pending: ['pending', 'approved', 'rejected', 'expired', 'cancelled'],
  approved: ['consumed', 'expired', 'cancelled'],
  rejected: [],
  expired: [],
  cancelled: [],
  consumed: [],
}

function approvalProblem({ at, commit, before }: Committed): string | undefined {
  const { approval } = commit
  const { approval: old } = before
  if (approval === undefined) return undefined
  if (old === undefined)
    return approval.status === 'pending' && approval.revision === 1 ? undefined : 'it was not opened as pending'
  if (approval.revision !== old.revision + 1) return `approval revision ${old.revision} → ${approval.revision}`
  if (!APPROVAL_STEPS[old.status].includes(approval.status)) return `approval ${old.status} → ${approval.status}`
  if (approval.status === 'expired' && at < old.expiresAt) return 'an approval expired before its time'
  if (approval.status === 'approved' && old.status === 'pending' && approval.resolvedAt >= approval.expiresAt) {
    return 'a request was approved after its time'
  }
  const isKept = old.votes.every((vote, index) => JSON.stringify(vote) === JSON.stringify(approval.votes[index]))
  return isKept ? undefined : 'a vote was lost'
}

const RECEIPT_STEPS: Readonly<Record<Receipt['status'], readonly Receipt['status'][]>> = {
  claimed: ['claimed', 'started'],
  started: ['started', 'succeeded', 'failed', 'unknown', 'claimed'],
  unknown: ['succeeded', 'failed', 'claimed', 'started'],
  failed: ['started'],
  succeeded: [],
}

function receiptProblem({ at, commit: { receipt }, before: { receipt: old } }: Committed): string | undefined {
  if (receipt === undefined) return undefined
  if (old === undefined)
    return receipt.revision === 1 && receipt.fence === 1 ? undefined : 'a first receipt is not the first'
  if (receipt.revision !== old.revision + 1) return `receipt revision ${old.revision} → ${receipt.revision}`
  if (!RECEIPT_STEPS[old.status].includes(receipt.status)) return `receipt ${old.status} → ${receipt.status}`
  const isClaim = receipt.status === 'started' && old.status !== 'started'
  if (receipt.fence !== old.fence + (isClaim ? 1 : 0))
    return `fence ${old.fence} → ${receipt.fence} as ${old.status} → ${receipt.status}`
  if (receipt.status === 'started' && !isClaim && receipt.leaseUntil <= leaseOf(old))
    return 'a renewal did not move the lease on'
  if (receipt.status === 'unknown' && old.status === 'started' && at < old.leaseUntil)
    return 'it was given up while its lease held'
  return receipt.approvalId === old.approvalId ? undefined : 'a receipt lost the approval it was begun with'
}

function leaseOf(receipt: Receipt): number {
  return 'leaseUntil' in receipt ? receipt.leaseUntil : 0
}

function grantProblem({ commit: { grant }, before: { grant: old } }: Committed): string | undefined {
  if (grant === undefined) return undefined
  if (grant.uses > grant.maxUses) return `a grant of ${grant.maxUses} uses was used ${grant.uses} times`
  return grant.revision === (old?.revision ?? 0) + 1 ? undefined : `grant revision ${old?.revision} → ${grant.revision}`
}

function untruth(
  { call, execution, own, states }: Extract<Happened, { type: 'answer' }>,
  facts: Facts,
): string | undefined {
  const proposal = JSON.stringify([call.id, call.input])
  const mine = own.filter(effect => effect.proposal === proposal)
  switch (execution.status) {
    case 'executed': {
      if (execution.replayed !== true && mine.length === 0) return 'executed, it said, and the tool was not called'
      const outputs = facts.outputs.get(proposal) ?? []
      const output = JSON.stringify(execution.output)
      return outputs.includes(output)
        ? undefined
        : `it gave back ${output}, and the tool had given back ${outputs.join(' or ')}`
    }
    case 'tool_error':
      return execution.replayed === true || mine.length > 0
        ? undefined
        : 'the tool failed, it said, and the tool was not called'
    case 'blocked':
    case 'approval_required': {
      if (mine.length > 0) return `${execution.status}, it said, and the tool was called`
      if (/used already/.test(execution.message)) return 'it said that the approval was used, and gave back no receipt'
      // Where the store did not answer, the fail mode did.
      if (execution.decision.failMode !== undefined) return undefined
      const isThere = (state: string): boolean => /^(started|succeeded)/.test(state)
      return states.every(isThere)
        ? `${execution.status}, it said, and the receipt was ${states.join(', ')} all the time`
        : undefined
    }
  }
}
