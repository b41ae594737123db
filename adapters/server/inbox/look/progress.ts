import { type Approval, approvalStageOf, effectiveDigest } from 'countersign'

/** How far a request has come. */
export interface Progress {
  /** The round that is asked now, from 1. */
  readonly stage: number
  readonly stages: number
  /** People who approved in it, of those who must. */
  readonly approved: readonly string[]
  readonly quorum: number
  /** Who may answer in it; anybody but the actor when absent. */
  readonly approvers?: readonly string[]
}

/** How many of those who must approve have done so. */
export function progressOf(approval: Approval): Progress {
  const index = approvalStageOf(approval)
  const { quorum, approvers } = approval.stages[index] ?? { quorum: 1 }
  const digest = effectiveDigest(approval)
  const counted = approval.votes.filter(
    vote => vote.stage === index && vote.resolution === 'approved' && vote.digest === digest,
  )
  const approved = [...new Set(counted.map(({ by }) => by))]
  const stages = approval.stages.length
  return { stage: index + 1, stages, approved, quorum, ...(approvers === undefined ? {} : { approvers }) }
}
