import { chain } from '../../ambient.js'
import type { Approval } from '../../approval.js'
import type { Verdict } from '../../enforce/conclude.js'
import { APPROVAL_OVER, POLICY_CHANGED, refuseResume } from '../../enforce/resume.js'
import type { Awaitable, Decision } from '../../types.js'
import { type Proposal, tenantOf } from '../proposal.js'
import type { Assessor } from './assess.js'
import type { Assessors } from './assessors.js'
import { draftOf, type Recorder } from './record.js'
import type { Ruling } from './ruling.js'

/** What looking again needs of a governor. */
export interface RecheckParts {
  readonly assessors: Assessors
  readonly recorder: Recorder
}

/** What the policy says now of a call that was decided on before. Only a refusal is recorded: the decision stands otherwise. */
export class Recheck {
  readonly #parts: RecheckParts

  constructor(parts: RecheckParts) {
    this.#parts = parts
  }

  /**
   * Of a call that a person has approved, which is about to begin: the verdict, or its refusal.
   *
   * @param attempt counts from 1 how often it was looked at because a limit was taken meanwhile
   */
  approved(proposal: Proposal, attempt: number): Awaitable<Verdict | Ruling> {
    return chain(this.#parts.assessors.of(tenantOf(proposal)), assessor =>
      chain(assessor.assess(proposal, attempt, { again: true }), verdict =>
        verdict.result === 'blocked' ? this.#refuse(assessor, proposal, verdict) : verdict,
      ),
    )
  }

  /**
   * Of a call that began before, and is about to begin once more: its refusal, if the policy does not let it go on. Limits do
   * not count against it: what it took of them is its own. An approval is good for it under its policy, and for its time.
   */
  async begun(proposal: Proposal, before: Decision, approval: Approval | undefined): Promise<Ruling | undefined> {
    const assessor = await this.#parts.assessors.of(tenantOf(proposal))
    const verdict = await assessor.assessUncounted(proposal)
    if (verdict.result === 'blocked') return this.#refuse(assessor, proposal, verdict)
    if (verdict.result === 'allowed') return undefined
    const policy = await assessor.policy()
    if (policy.version !== before.policy.version) {
      return this.#refuse(assessor, proposal, refuseResume(verdict, POLICY_CHANGED))
    }
    const isOver = approval !== undefined && proposal.captured.request.at >= approval.expiresAt
    return isOver ? this.#refuse(assessor, proposal, refuseResume(verdict, APPROVAL_OVER)) : undefined
  }

  #refuse(assessor: Assessor, proposal: Proposal, verdict: Verdict): Awaitable<Ruling> {
    const { recorder } = this.#parts
    return chain(assessor.policy(), policy => recorder.recordAlone(draftOf(proposal, verdict, policy)))
  }
}
