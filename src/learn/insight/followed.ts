import type { DecisionRecord, Recommendation } from '../../types.js'

/** What was done about a recommendation. */
type Deed = 'unasked' | 'asked' | 'not-run'

/**
 * Which deed is what was advised. `review_recommended` asks for a person: a call that ran unasked ignored it, one that a
 * person let through, or that did not run, followed it. `proceed_with_caution` leaves open whom to ask.
 */
const FOLLOWS: Readonly<Record<Recommendation, readonly Deed[]>> = {
  proceed: ['unasked', 'asked'],
  proceed_with_caution: ['unasked', 'asked'],
  review_recommended: ['asked', 'not-run'],
  do_not_proceed: ['not-run'],
}

/**
 * Whether what was advised was done. Nothing where nothing was advised, where nobody knows what was done (a dry run, a
 * call that has not ended), or where the call waits for a person still.
 */
export function isFollowed(record: DecisionRecord): boolean | undefined {
  const deed = deedOf(record)
  if (deed === undefined || record.recommendation === undefined) return undefined
  return FOLLOWS[record.recommendation].includes(deed)
}

/** A standing grant is a person's word too. */
function deedOf({ execution, result, grantId, dryRun }: DecisionRecord): Deed | undefined {
  if (dryRun === true) return undefined
  switch (execution?.status) {
    case 'executed':
    case 'tool_error':
      return result === 'requires_approval' || grantId !== undefined ? 'asked' : 'unasked'
    case 'blocked':
      return 'not-run'
    default:
      return undefined
  }
}
