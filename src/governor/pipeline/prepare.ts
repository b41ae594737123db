import { chain, isPromiseLike } from '../../ambient.js'
import { GovernanceError } from '../../errors.js'
import { PreparedDecisions } from '../../execute/prepared.js'
import { elsewhereText } from '../../execute/refusal.js'
import type { Awaitable, Decision } from '../../types.js'
import type { HeldCalls } from '../approve/held.js'
import type { Decider } from '../decide/decider.js'
import type { LastResort } from '../decide/last-resort.js'
import type { Ruled } from '../decide/ruling.js'
import type { Preparation } from '../governor.js'
import { isKept, isResumed, type Proposal } from '../proposal.js'
import type { Reader } from '../reader.js'
import { isRefused, pastOf } from './past.js'
import { refused } from './refused.js'
import { isStopped, type SwitchParts } from './stopped.js'

/** What deciding ahead needs of a governor. */
export interface PreparerParts {
  readonly decider: Decider
  readonly held: HeldCalls
  readonly lastResort: LastResort
  readonly reader: Reader
  readonly switches: SwitchParts
}

type Next = (decision: Decision) => Awaitable<Preparation>

/** So often a call is looked at anew because others changed what is known of it. */
const MAX_ATTEMPTS = 100

/** Decides on calls ahead of their execution, and keeps the decisions until they run. */
export class Preparer {
  readonly #parts: PreparerParts
  readonly #prepared = new PreparedDecisions()

  constructor(parts: PreparerParts) {
    this.#parts = parts
  }

  /** Decides on a call; {@link Preparer.take} then gives this decision. */
  prepare(proposal: Proposal): Awaitable<Preparation> {
    const { decider, held } = this.#parts
    const { request } = proposal.captured
    const known = isResumed(proposal) ? undefined : this.#prepared.peek(request)
    const next: Next = decision => {
      if (decision.result === 'allowed') return { decision, next: 'run' }
      if (decision.result === 'blocked') return refused(decision)
      return held.prepare(proposal, decision).catch((error: unknown) => this.#refuseFailed(proposal, error))
    }
    if (known !== undefined) {
      return chain(known, decision => (decision === undefined ? this.prepare(proposal) : next(decision)))
    }
    if (isKept(proposal) || isResumed(proposal)) return this.#prepareEffect(proposal, next)
    return chain(decider.decide(proposal, undefined), ruled => {
      if (typeof ruled === 'string') return this.#prepareEffect(proposal, next)
      this.#prepared.put(request, ruled.decision)
      return next(ruled.decision)
    })
  }

  /** The decision that was made ahead of a call: nothing where there is none, it is held, or a switch was thrown since. */
  take(proposal: Proposal): Awaitable<Decision | undefined> {
    if (isResumed(proposal)) return undefined
    const prepared = this.#prepared.take(proposal.captured.request)
    if (prepared === undefined) return undefined
    // A held call's answer is looked up anew.
    return chain(prepared, known =>
      known === undefined || known.result === 'requires_approval' ? undefined : this.#unlessStopped(proposal, known),
    )
  }

  /** A call of which a receipt is kept, or a request: what is known under its key goes before everything else. */
  async #prepareEffect(proposal: Proposal, next: Next): Promise<Preparation> {
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const prepared = await this.#tryEffect(proposal, next)
        if (prepared !== undefined) return prepared
      }
      throw new GovernanceError('evaluation-failed', 'what is known of the call kept changing')
    } catch (error) {
      return this.#refuseFailed(proposal, error)
    }
  }

  async #tryEffect(proposal: Proposal, next: Next): Promise<Preparation | undefined> {
    const { decider, held, reader } = this.#parts
    const looking = pastOf(this.#parts, proposal)
    const past = isPromiseLike(looking) ? await looking : looking
    if ('ruling' in past) return next(past.ruling.decision)
    const { receipt, approval } = past
    if (receipt !== undefined) {
      const decision = await reader.decision(receipt.decisionId)
      return receipt.elsewhere === true
        ? { decision, next: 'refuse', message: elsewhereText(receipt.tool) }
        : { decision, next: 'run' }
    }
    if (isRefused(approval)) {
      const { decision, message } = await held.refuse(approval)
      return { decision, next: 'refuse', message, approval }
    }
    const known = isResumed(proposal) ? undefined : this.#prepared.peek(proposal.captured.request)
    const decision = await (known ?? this.#keep(proposal, decider.decide(proposal, past)))
    return decision === undefined ? undefined : next(decision)
  }

  /** Kept for `run`, unless it is about what a client claims, or somebody else opened the request meanwhile. */
  async #keep(proposal: Proposal, ruling: Awaitable<Ruled>): Promise<Decision | undefined> {
    const { request } = proposal.captured
    const decision = Promise.resolve(ruling).then(ruled => (typeof ruled === 'string' ? undefined : ruled.decision))
    if (!isResumed(proposal)) this.#prepared.put(request, decision)
    const known = await decision
    if (known === undefined) this.#prepared.drop(request)
    return known
  }

  async #refuseFailed(proposal: Proposal, error: unknown): Promise<Preparation> {
    return refused((await this.#parts.lastResort.failed(proposal, error)).decision)
  }

  /** A switch thrown since the decision stops the call all the same: it is decided anew. */
  #unlessStopped({ captured }: Proposal, decision: Decision): Awaitable<Decision | undefined> {
    if (decision.result !== 'allowed') return decision
    return chain(isStopped(this.#parts.switches, captured.request), stopped => (stopped ? undefined : decision))
  }
}
