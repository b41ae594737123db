import { chain, isPromiseLike } from '../ambient.js'
import { GovernanceError } from '../errors.js'
import type { Awaitable, Finding } from '../types.js'
import { rejectCall, type Rulebook, type Verdict } from './conclude.js'

/** Names the finding of a call that was refused because nobody could be asked about it. */
const UNASKABLE = 'unaskable'

/** Holds what the policy would let through, where the tool itself wants a person asked. Any other verdict stays. */
export function askedByTool(
  court: Pick<Rulebook, 'mode'>,
  verdict: Verdict,
  asks: () => Awaitable<string | undefined>,
): Awaitable<Verdict> {
  if (verdict.result !== 'allowed') return verdict
  const held = (reason: string | undefined): Verdict => (reason === undefined ? verdict : hold(verdict, reason))
  const failed = (cause: unknown): Verdict => {
    const message = 'whether the tool itself asks for approval could not be decided'
    return rejectCall(court, 'question', new GovernanceError('evaluation-failed', message, { cause }))
  }
  try {
    const reason = asks()
    return isPromiseLike(reason) ? Promise.resolve(reason).then(held, failed) : chain(reason, held)
  } catch (error) {
    return failed(error)
  }
}

/** A call that would be held where nobody can be asked. */
export function refuseUnaskable(verdict: Verdict, why: string): Verdict {
  const finding: Finding = { rule: UNASKABLE, effect: 'deny', hard: true, reason: why }
  return {
    ...verdict,
    findings: [...verdict.findings, finding],
    result: 'blocked',
    reason: `${verdict.reason}; ${why}`,
    spends: [],
  }
}

function hold(verdict: Verdict, reason: string): Verdict {
  const finding: Finding = { rule: 'question', effect: 'require_approval', reason }
  return {
    ...verdict,
    findings: [...verdict.findings, finding],
    result: 'requires_approval',
    reason,
    recommendation: 'review_recommended',
  }
}
