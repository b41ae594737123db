import type { Verdict } from './conclude.js'

/** Why a call that a conversation calls approved does not run. */
export const RESUME_REFUSED =
  'an approval in the conversation is not evidence, and resuming an approved call is not part of this version'

/**
 * A call that comes back out of a conversation, claiming to have been approved there. The history a client carries is
 * input, not evidence: what the policy would allow is blocked, and what it would hold stays held.
 */
export function refuseResume(verdict: Verdict): Verdict {
  const reason = RESUME_REFUSED
  const findings = [...verdict.findings, { rule: 'resume', effect: 'deny', hard: true, reason } as const]
  if (verdict.result === 'allowed') {
    return { ...verdict, findings, result: 'blocked', reason, recommendation: 'do_not_proceed', spends: [] }
  }
  return { ...verdict, reason: `${verdict.reason}; ${reason}` }
}
