import type { Approval } from '../../approval.js'
import type { DecisionRecord, Outcome } from '../../types.js'

/** What a word of an outcome says about the decision: `none` says nothing. */
export type OutcomeMeaning = 'good' | 'bad' | 'none'

/** Meanings by the word of an outcome's `status`; they go before those that are built in. */
export type OutcomeMeanings = Readonly<Record<string, OutcomeMeaning>>

/** What a decision turned out to be. */
export interface Label {
  /** `bad`: a person refused the call, or the world punished it. */
  readonly kind: 'good' | 'bad'
  /** Whose word it is: the world's, or that of the person who was asked. */
  readonly source: 'outcome' | 'resolution'
  /** Epoch milliseconds at which it was said. */
  readonly at: number
  /** How many other words on the same decision said the opposite: reports that were corrected, and an answer that the world overruled. */
  readonly contradictions: number
}

/** `BLOCKED` says that a call did not run, and so nothing of how it would have turned out. */
const MEANINGS: OutcomeMeanings = { SUCCESS: 'good', FAILURE: 'bad', FRAUD: 'bad', CHURN: 'bad', BLOCKED: 'none' }

/**
 * What became of a decision, as far as anybody said. The last report that says something counts, and goes before the
 * answer of a person who was asked. How the call ended does not count: a tool that fails is not a bad decision.
 *
 * @param approval the request of this decision; one that was not answered in time, was cancelled or was approved in another form says nothing
 */
export function labelOf(
  { outcomes }: Pick<DecisionRecord, 'outcomes'>,
  approval?: Approval,
  meanings: OutcomeMeanings = {},
): Label | undefined {
  const words = [...resolutionWords(approval), ...outcomeWords(outcomes, meanings)]
  const last = words.at(-1)
  return last && { ...last, contradictions: words.filter(({ kind }) => kind !== last.kind).length }
}

/** What one report says. Something that had to be put right or taken back was not good, whatever it is called. */
export function meaningOf(outcome: Outcome, meanings: OutcomeMeanings = {}): OutcomeMeaning {
  if (outcome.correctionNeeded === true || outcome.rollbackPerformed === true) return 'bad'
  return own(meanings, outcome.status) ?? own(MEANINGS, outcome.status) ?? 'none'
}

type Word = Omit<Label, 'contradictions'>

/** In the order in which they were reported; ids are ordered by time too, and settle what was reported in one instant. */
function outcomeWords(outcomes: readonly Outcome[], meanings: OutcomeMeanings): readonly Word[] {
  const ordered =
    outcomes.length < 2
      ? outcomes
      : outcomes.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : Number(a.id > b.id)))
  return ordered.flatMap(outcome => {
    const kind = meaningOf(outcome, meanings)
    return kind === 'none' ? [] : [{ kind, source: 'outcome', at: outcome.at }]
  })
}

function resolutionWords(approval: Approval | undefined): readonly Word[] {
  switch (approval?.status) {
    case 'approved':
    case 'consumed':
      // Approved in another form: the call as it was proposed was neither let through nor refused.
      return approval.edit === undefined ? [{ kind: 'good', source: 'resolution', at: approval.resolvedAt }] : []
    case 'rejected':
      return [{ kind: 'bad', source: 'resolution', at: approval.resolvedAt }]
    case 'expired':
      // Approved, and not used in time: what the person said stands, whenever somebody notices that the time is over.
      return wasApproved(approval)
        ? [{ kind: 'good', source: 'resolution', at: approval.votes.at(-1)?.at ?? approval.at }]
        : []
    default:
      return []
  }
}

/** Whether everybody who had to say yes to the call as it was did. One that was escalated is answered by its last stage. */
function wasApproved({ stages, votes, digest, escalated }: Approval): boolean {
  const last = stages.length - 1
  const isMet = (quorum: number, stage: number): boolean =>
    votes.filter(vote => vote.stage === stage && vote.resolution === 'approved' && vote.digest === digest).length >=
    quorum
  return stages.every(({ quorum }, stage) => (escalated === true && stage < last) || isMet(quorum, stage))
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
