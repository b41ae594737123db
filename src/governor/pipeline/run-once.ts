import { isPromiseLike } from '../../ambient.js'
import { callKey } from '../../capture/key.js'
import { GovernanceError } from '../../errors.js'
import type { Execution } from '../../execute/execution.js'
import type { Ledger } from '../../execute/ledger/ledger.js'
import { isSignal, type ToolRunOptions } from '../../execute/run-tool.js'
import type { Receipt } from '../../receipt.js'
import type { Decision } from '../../types.js'
import type { ApprovedCalls } from '../approve/approved.js'
import type { HeldCalls } from '../approve/held.js'
import type { Decider } from '../decide/decider.js'
import type { LastResort } from '../decide/last-resort.js'
import type { Follower } from '../effects/follower.js'
import { effectOf } from '../effects/receipt-content.js'
import type { EffectRunner } from '../effects/runner.js'
import type { Proposal } from '../proposal.js'
import type { Reader } from '../reader.js'
import type { Preparer } from './prepare.js'
import { isRefused, pastOf } from './past.js'
import { refusal } from './refused.js'

/** What running a call once needs of a governor. */
export interface OnceRunnerParts {
  readonly preparer: Preparer
  readonly reader: Reader
  readonly decider: Decider
  readonly lastResort: LastResort
  readonly held: HeldCalls
  readonly approved: ApprovedCalls
  readonly effects: EffectRunner
  readonly follower: Follower
  readonly ledger: Ledger
}

/** So often a call is looked at anew because others changed what is known of it. */
const MAX_ATTEMPTS = 100

/** Runs a call with an effect, and one that a person is asked about: what is known under its key goes before everything else. */
export class OnceRunner {
  readonly #parts: OnceRunnerParts

  constructor(parts: OnceRunnerParts) {
    this.#parts = parts
  }

  /** Rejects only with a framework's control-flow signal. */
  async run<OUTPUT>(proposal: Proposal, options: ToolRunOptions<OUTPUT>): Promise<Execution<OUTPUT>> {
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const execution = await this.#try(proposal, options)
        if (execution !== 'anew') return execution
      }
      throw new GovernanceError('evaluation-failed', 'what is known of the call kept changing')
    } catch (error) {
      if (isSignal(options.isControlFlow, error)) throw error
      return refusal((await this.#parts.lastResort.failed(proposal, error)).decision)
    }
  }

  async #try<OUTPUT>(proposal: Proposal, options: ToolRunOptions<OUTPUT>): Promise<Execution<OUTPUT> | 'anew'> {
    const { preparer, decider, effects, held, ledger } = this.#parts
    const taken = preparer.take(proposal)
    const prepared = isPromiseLike(taken) ? await taken : taken
    if (prepared !== undefined) return this.#runPrepared(proposal, prepared, options)
    const looking = pastOf(this.#parts, proposal)
    const past = isPromiseLike(looking) ? await looking : looking
    if ('ruling' in past) {
      const { decision } = past.ruling
      return decision.result === 'allowed' ? effects.runFreely(proposal, decision, options) : refusal(decision)
    }
    const { receipt, approval, key } = past
    if (receipt !== undefined) return this.#follow(proposal, receipt, options)
    if (isRefused(approval)) return held.refuse(approval)
    const opening = (decision: Decision): Receipt => ledger.opening(undefined, effectOf(proposal, decision, key))
    const deciding = decider.decide(proposal, { key, approval, opening })
    const ruled = isPromiseLike(deciding) ? await deciding : deciding
    if (typeof ruled === 'string') return 'anew'
    if (ruled.decision.result === 'blocked') return refusal(ruled.decision)
    return ruled.decision.result === 'allowed'
      ? effects.run(proposal, ruled, options)
      : held.run(proposal, ruled, key, options)
  }

  /** The call under the decision that was made ahead of it: one write, unless somebody else was faster. */
  async #runPrepared<OUTPUT>(
    proposal: Proposal,
    decision: Decision,
    options: ToolRunOptions<OUTPUT>,
  ): Promise<Execution<OUTPUT> | 'anew'> {
    if (decision.result !== 'allowed') return refusal(decision)
    const keyed = callKey(proposal.captured.request)
    const key = isPromiseLike(keyed) ? await keyed : keyed
    return (await this.#parts.effects.begin(proposal, decision, key, undefined, options)) ?? 'anew'
  }

  /** What was begun before: its result, or one more beginning under the decision it had. */
  async #follow<OUTPUT>(
    proposal: Proposal,
    receipt: Receipt,
    options: ToolRunOptions<OUTPUT>,
  ): Promise<Execution<OUTPUT> | 'anew'> {
    const { follower, approved, reader } = this.#parts
    const followed = await follower.follow(proposal, receipt, options)
    if (followed !== 'again') return followed
    return approved.again(proposal, await reader.decision(receipt.decisionId), receipt, options)
  }
}
