import { chain } from '../../ambient.js'
import type { Verdict } from '../../enforce/conclude.js'
import { POLICY_CHANGED, refuseResume } from '../../enforce/resume.js'
import type { Awaitable, Decision } from '../../types.js'
import type { Proposal } from '../proposal.js'
import type { Assessor } from './assess.js'
import { draftOf, type Recorder } from './record.js'
import type { Ruling } from './ruling.js'

/** What looking again needs of a governor. */
export interface RecheckParts {
  readonly assessor: Assessor
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
    const { assessor } = this.#parts
    return chain(assessor.assess(proposal, attempt), verdict =>
      verdict.result === 'blocked' ? this.#refuse(proposal, verdict) : verdict,
    )
  }

  /**
   * Of a call that began before, and is about to begin once more: its refusal, if the policy does not let it go on. Limits do
   * not count against it: what it took of them is its own.
   */
  async begun(proposal: Proposal, before: Decision): Promise<Ruling | undefined> {
    const { assessor } = this.#parts
    const verdict = await assessor.assessUncounted(proposal)
    const policy = await assessor.policy()
    const asksNow = verdict.result === 'requires_approval' && before.result === 'allowed'
    const isTightened = asksNow && policy.version !== before.policy.version
    if (isTightened) return this.#refuse(proposal, refuseResume(verdict, POLICY_CHANGED))
    return verdict.result === 'blocked' ? this.#refuse(proposal, verdict) : undefined
  }

  #refuse(proposal: Proposal, verdict: Verdict): Awaitable<Ruling> {
    const { assessor, recorder } = this.#parts
    return chain(assessor.policy(), policy => recorder.recordAlone(draftOf(proposal, verdict, policy)))
  }
}
