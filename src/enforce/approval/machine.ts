import { present } from '../../ambient.js'
import type { Approval, ApprovalStage, Edit, Vote } from '../../approval.js'
import { GovernanceError } from '../../errors.js'

type Pending = Extract<Approval, { status: 'pending' }>

/** A vote, and what it makes of the call. */
export interface Ballot {
  readonly vote: Omit<Vote, 'stage' | 'digest'>
  /** The call as the voter wants it; as it stands when absent. */
  readonly edit?: Edit
  /** Of the voter: what the answer came with, and what that stems from. */
  readonly credentials?: readonly string[]
}

/**
 * A request as it is at a time: one that nobody answered in time has expired, or has gone on to those it escalates to; an
 * approval that was not used in time has expired too. Gives back the same object where nothing changed.
 */
export function asOf(approval: Approval, now: number): Approval {
  if (now < approval.expiresAt) return approval
  if (approval.status === 'approved') return expired(approval)
  if (approval.status !== 'pending') return approval
  return escalates(approval) ? asOf(escalated(approval), now) : expired(approval)
}

/** Index of the stage that is asked now. */
export function stageOf(approval: Approval): number {
  if (approval.escalated === true) return approval.stages.length - 1
  const index = approval.stages.findIndex((stage, at) => approvalsIn(approval, at).length < stage.quorum)
  return index === -1 ? approval.stages.length - 1 : index
}

/** Why a principal may not answer a request now; nothing where it may. */
export function mayNotResolve(
  approval: Approval,
  { by, channel, credentials = [] }: Pick<Vote, 'by' | 'channel'> & Pick<Ballot, 'credentials'>,
): string | undefined {
  if (personOf(by) === '') return 'an answer must name who gives it'
  if (approval.askedBy !== undefined && credentials.includes(approval.askedBy)) {
    return 'the credential that asked for this call cannot answer it, nor can one that was made by it'
  }
  if (isSame(by, approval.actor)) return `"${by}" acts in this call, and whoever acts cannot approve`
  const stage = approval.stages[stageOf(approval)]
  if (channel === 'chat' && (approval.approver !== 'chat-user' || approval.escalated === true)) {
    return 'it is not to be answered in the conversation'
  }
  if (channel !== 'chat' && approval.approver === 'inbox' && isSame(by, approval.user)) {
    return `"${by}" is the person in the conversation, and somebody else is to answer`
  }
  if (stage?.approvers !== undefined && !stage.approvers.includes(by)) {
    return `"${by}" is not among those who may answer now (${stage.approvers.join(', ')})`
  }
  return undefined
}

/**
 * Counts one person's answer. One "no" rejects; enough "yes" in every stage, all of the same input, approve. An edit
 * begins anew: what others said of another input does not count for it.
 *
 * @throws GovernanceError `not-pending` when the request is not open any more; `not-permitted` for whoever may not answer,
 * or has answered already
 */
export function castVote(approval: Approval, { vote, edit, credentials }: Ballot): Approval {
  if (approval.status !== 'pending') throw notPending(approval)
  const refusal = mayNotResolve(approval, { ...vote, ...present({ credentials }) })
  if (refusal !== undefined) throw notPermitted(approval, refusal)
  const edits = edit !== undefined && edit.digest !== effectiveDigest(approval)
  const base: Pending = edits ? { ...approval, edit } : approval
  const digest = effectiveDigest(base)
  if (vote.nonce !== undefined && base.votes.some(({ nonce }) => nonce === vote.nonce)) {
    throw new GovernanceError('invalid-token', `Approval "${approval.id}": this signed answer was used already.`)
  }
  if (base.votes.some(known => isSame(known.by, vote.by) && known.digest === digest)) {
    throw notPermitted(approval, `"${vote.by}" has answered already`)
  }
  const counted: Pending = {
    ...base,
    revision: approval.revision + 1,
    // Of the round that was asked: whoever edits in a later one must not answer for an earlier one.
    votes: [...base.votes, { ...vote, stage: stageOf(approval), digest }],
  }
  const settled = { resolvedAt: vote.at, by: vote.by, ...(vote.comment === undefined ? {} : { comment: vote.comment }) }
  if (vote.resolution === 'rejected') return { ...withoutEdit(counted), status: 'rejected', ...settled }
  return isFulfilled(counted) ? { ...counted, status: 'approved', ...settled } : counted
}

/**
 * Uses an approval up, for the one execution it was given for.
 *
 * @throws GovernanceError `not-pending` unless it is approved
 */
export function consume(approval: Approval, now: number): Approval {
  if (approval.status !== 'approved') throw notPending(approval)
  return { ...approval, revision: approval.revision + 1, status: 'consumed', consumedAt: now }
}

/** Ends a request that nobody needs to answer any more. @throws GovernanceError `not-pending` once it was used or refused */
export function cancel(approval: Approval, by: string, comment: string, now: number): Approval {
  if (approval.status !== 'pending' && approval.status !== 'approved') throw notPending(approval)
  const rest = withoutEdit(approval)
  return { ...rest, revision: approval.revision + 1, status: 'cancelled', resolvedAt: now, by, comment }
}

/** Whether an answer says once more what the same person said before: a message delivered twice. */
export function isRepeated(approval: Approval, { by, resolution, nonce }: Ballot['vote']): boolean {
  return (
    nonce === undefined &&
    approval.votes.some(
      vote =>
        vote.by === by &&
        vote.resolution === resolution &&
        // A "no" is to the request, whatever its input had become.
        (resolution === 'rejected' || vote.digest === effectiveDigest(approval)),
    )
  )
}

/** Digest of the input that an approval is for: the edited one, where there is an edit. */
export function effectiveDigest(approval: Approval): string {
  return ('edit' in approval ? approval.edit?.digest : undefined) ?? approval.digest
}

/** Spaces, and characters that nobody sees. */
const UNSEEN = /[\s\p{C}\p{Default_Ignorable_Code_Point}]/gu

/** The same person, however the name is written: nobody becomes two by a capital letter, a space or what cannot be seen. */
function isSame(a: string, b: string | undefined): boolean {
  return b !== undefined && personOf(a) === personOf(b)
}

function personOf(name: string): string {
  return name.normalize('NFKC').replace(UNSEEN, '').toLowerCase()
}

/** Different people who approved the input as it stands, in one stage. */
function approvalsIn(approval: Approval, stage: number): readonly string[] {
  const digest = effectiveDigest(approval)
  const votes = approval.votes.filter(
    vote => vote.stage === stage && vote.resolution === 'approved' && vote.digest === digest,
  )
  return [...new Set(votes.map(({ by }) => personOf(by)))]
}

function isFulfilled(approval: Pending): boolean {
  const isMet = (stage: ApprovalStage, index: number): boolean => approvalsIn(approval, index).length >= stage.quorum
  const last = approval.stages.length - 1
  return approval.escalated === true
    ? approval.stages.slice(last).every(stage => isMet(stage, last))
    : approval.stages.every(isMet)
}

function escalates({ onExpiry, escalateTo, escalated: already }: Approval): boolean {
  return onExpiry === 'escalate' && escalateTo.length > 0 && already !== true
}

/** As long again as it was open, for those it escalates to. */
function escalated(approval: Pending): Approval {
  return {
    ...approval,
    revision: approval.revision + 1,
    escalated: true,
    stages: [...approval.stages, { approvers: approval.escalateTo, quorum: 1 }],
    expiresAt: approval.expiresAt + (approval.expiresAt - approval.at),
  }
}

function expired(approval: Extract<Approval, { status: 'pending' | 'approved' }>): Approval {
  const { expiresAt, revision } = approval
  return { ...withoutEdit(approval), revision: revision + 1, status: 'expired', resolvedAt: expiresAt }
}

/** States carry only their own fields. */
function withoutEdit(
  approval: Extract<Approval, { status: 'pending' | 'approved' }>,
): Omit<Pending, 'edit' | 'status'> {
  const { edit: _edit, status: _status, ...rest } = approval
  if (approval.status === 'pending') return rest
  const {
    resolvedAt: _at,
    by: _by,
    comment: _comment,
    ...request
  } = rest as Omit<Extract<Approval, { status: 'approved' }>, 'edit' | 'status'>
  return request
}

function notPending(approval: Approval): GovernanceError {
  const by = 'by' in approval ? ` by "${approval.by}"` : ''
  return new GovernanceError(
    'not-pending',
    `Approval "${approval.id}" is ${approval.status}${by}; it cannot change any more.`,
  )
}

function notPermitted(approval: Approval, why: string): GovernanceError {
  return new GovernanceError('not-permitted', `Approval "${approval.id}" was not resolved: ${why}.`)
}
