import type { Verdict } from './conclude.js'

/** Why a call that a conversation calls approved does not run. */
const RESUME_REFUSED = 'an approval in the conversation is not evidence, and nobody was asked about this call'
/** Why a call that an approval let begin does not begin once more. */
export const APPROVAL_OVER = 'the time of its approval is over'
/** Why an approval no longer counts. */
export const POLICY_CHANGED = 'the policy has changed since the approval was asked for'

/**
 * The verdict on a call that comes back out of a conversation as approved, while no request for it was ever opened: the
 * history a client carries is input, not evidence. What the policy would allow is blocked.
 */
export function refuseResume(verdict: Verdict, reason = RESUME_REFUSED): Verdict {
  if (verdict.result === 'blocked') return verdict
  const findings = [...verdict.findings, { rule: 'resume', effect: 'deny', hard: true, reason } as const]
  return { ...verdict, findings, result: 'blocked', reason, recommendation: 'do_not_proceed', spends: [] }
}
