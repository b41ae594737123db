import { isPromiseLike } from '../../ambient.js'
import type { Verdict } from '../../enforce/conclude.js'
import { GovernanceError } from '../../errors.js'
import type { Execution } from '../../execute/execution.js'
import type { ToolRunOptions } from '../../execute/run-tool.js'
import type { Awaitable, Decision } from '../../types.js'
import type { Decider } from '../decide/decider.js'
import type { LastResort } from '../decide/last-resort.js'
import type { EffectRunner } from '../effects/runner.js'
import type { Preparation } from '../governor.js'
import { isKept, isResumed, type Proposal } from '../proposal.js'
import type { Permitter } from './permit.js'
import type { Preparer } from './prepare.js'
import type { Lifetime } from './lifetime.js'
import type { OnceRunner } from './run-once.js'
import { refusal, refused } from './refused.js'

/** The parts a call passes through. */
export interface PipelineParts {
  readonly preparer: Preparer
  readonly permitter: Permitter
  readonly decider: Decider
  readonly lastResort: LastResort
  readonly once: OnceRunner
  readonly effects: EffectRunner
  readonly lifetime: Lifetime
  /** Closes what the governor uses. */
  readonly shut: () => Promise<void>
}

/** The way of a call through the stages: decided on ahead ({@link Preparer}), run once ({@link OnceRunner}), or freely ({@link EffectRunner}). One per governor. */
export class Pipeline {
  readonly #parts: PipelineParts

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  /** Evaluates only: nothing is counted, held or executed. */
  dryRun(proposal: Proposal): Awaitable<Decision> {
    const { lifetime, decider, lastResort } = this.#parts
    return lifetime.isOver ? lastResort.closed(proposal).decision : decider.dryRun(proposal)
  }

  /** What a dry run would decide, without a record of it. @throws GovernanceError `closed` */
  look(proposal: Proposal): Awaitable<Verdict> {
    const { lifetime, decider } = this.#parts
    if (lifetime.isOver) throw new GovernanceError('closed', 'the governor is closed')
    return decider.look(proposal)
  }

  /** Decides a call ahead of its execution; a following {@link Pipeline.run} of the same call uses this decision. */
  prepare(proposal: Proposal): Awaitable<Preparation> {
    const { lifetime, preparer, lastResort } = this.#parts
    if (lifetime.isOver) return refused(lastResort.closed(proposal).decision)
    return proposal.scope.elsewhere === undefined ? preparer.prepare(proposal) : this.#permit(proposal)
  }

  /** The six stages. Rejects only with a framework's control-flow signal, or with what capturing the call threw. */
  async run<OUTPUT>(capture: () => Awaitable<Proposal>, options: ToolRunOptions<OUTPUT>): Promise<Execution<OUTPUT>> {
    const { lifetime, lastResort, once } = this.#parts
    lifetime.enter()
    try {
      const captured = capture()
      const proposal = isPromiseLike(captured) ? await captured : captured
      if (lifetime.isOver) return refusal(lastResort.closed(proposal).decision)
      return await (isKept(proposal) || isResumed(proposal)
        ? once.run(proposal, options)
        : this.#runFreely(proposal, options))
    } finally {
      lifetime.leave()
    }
  }

  /** Waits for what runs, refuses everything after, and closes what the governor uses. */
  close(): Promise<void> {
    const { lifetime, shut } = this.#parts
    return lifetime.close(shut)
  }

  /** The last word on a call: it is waited for before everything is closed. */
  async #permit(proposal: Proposal): Promise<Preparation> {
    const { lifetime, permitter } = this.#parts
    lifetime.enter()
    try {
      return await permitter.permit(proposal)
    } finally {
      lifetime.leave()
    }
  }

  /** A call that changes nothing may run as often as it is brought, unless a person has to be asked first. */
  async #runFreely<OUTPUT>(proposal: Proposal, options: ToolRunOptions<OUTPUT>): Promise<Execution<OUTPUT>> {
    const { preparer, decider, once, effects } = this.#parts
    const taken = preparer.take(proposal)
    let decision = isPromiseLike(taken) ? await taken : taken
    if (decision === undefined) {
      const deciding = decider.decide(proposal, undefined)
      const ruled = isPromiseLike(deciding) ? await deciding : deciding
      if (typeof ruled === 'string') return once.run(proposal, options)
      decision = ruled.decision
    }
    return decision.result === 'allowed' ? effects.runFreely(proposal, decision, options) : refusal(decision)
  }
}
