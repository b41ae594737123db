import { chain } from '../../ambient.js'
import type { Approval } from '../../approval.js'
import type { CapturedCall } from '../../capture/request.js'
import { rejectCall, type Verdict } from '../../enforce/conclude.js'
import { type Court, judge } from '../../enforce/judge.js'
import { askedByTool } from '../../enforce/question.js'
import { POLICY_CHANGED, refuseResume } from '../../enforce/resume.js'
import { GovernanceError } from '../../errors.js'
import type { Purpose } from '../../evaluate/evaluator.js'
import type { WindowSpend } from '../../store/store.js'
import type { Awaitable, Decision } from '../../types.js'
import type { Learning } from '../learning/learning.js'
import { isResumed, type Proposal } from '../proposal.js'

/** A limit that other calls keep taking is looked at anew this often; then it counts as reached, in every fail mode. */
const MAX_ATTEMPTS = 5

/** What one policy, the governor's evaluator and the tool itself say of a call. Nothing is recorded here. */
export class Assessor {
  readonly #court: Court
  readonly #learning: Learning | undefined
  #policy: Decision['policy'] | undefined

  constructor(court: Court, learning: Learning | undefined) {
    this.#court = court
    this.#learning = learning
  }

  /** Name and version of the policy. */
  policy(): Awaitable<Decision['policy']> {
    if (this.#policy !== undefined) return this.#policy
    const { name, version } = this.#court.policy
    return chain(version(), known => {
      this.#policy ??= Object.freeze({ name, version: known })
      return this.#policy
    })
  }

  /**
   * @param attempt counts from 1 how often this call was looked at because a limit was taken meanwhile
   */
  assess(proposal: Proposal, attempt = 1, purpose?: Purpose): Awaitable<Verdict> {
    const learning = this.#learning
    const verdict = this.#judge(proposal, attempt, purpose)
    return learning === undefined
      ? verdict
      : chain(verdict, judged => learning.advise(proposal, judged, this.#court.policy))
  }

  #judge({ captured, scope: { asks } }: Proposal, attempt: number, purpose: Purpose | undefined): Awaitable<Verdict> {
    const court = this.#court
    if (attempt <= MAX_ATTEMPTS) {
      const verdict = judge(court, captured, purpose)
      return asks === undefined ? verdict : chain(verdict, judged => askedByTool(court, judged, asks))
    }
    const error = new GovernanceError('evaluation-failed', 'other calls kept taking the room under a limit')
    return rejectCall(court, 'limit-contention', error)
  }

  /** A call that an approver has changed. Nothing comes of it yet. */
  assessEdited(captured: CapturedCall): Awaitable<Verdict> {
    return judge(this.#court, captured, { dryRun: true })
  }

  /** A call that began before, as if nothing had been taken of any limit yet. The tool itself is not asked once more. */
  assessUncounted({ captured }: Proposal): Awaitable<Verdict> {
    const { store } = this.#court
    const uncounted = { killSwitches: () => store.killSwitches(), readWindows: unused }
    return judge({ ...this.#court, store: uncounted }, captured, { again: true })
  }
}

/** A call that claims to be approved needs a request that was really opened, under this policy if one is needed still. */
export function unlessClaimed(
  proposal: Proposal,
  verdict: Verdict,
  approval: Approval | undefined,
  version: string,
): Verdict {
  if (!isResumed(proposal)) return verdict
  if (approval === undefined) return refuseResume(verdict)
  const isStale = verdict.result === 'requires_approval' && approval.policyVersion !== version
  return isStale ? refuseResume(verdict, POLICY_CHANGED) : verdict
}

/** Windows as a call finds them that nobody counted before. */
function unused(windows: readonly WindowSpend[]): readonly number[] {
  return windows.map(() => 0)
}
