import { definePolicy } from '../../../evaluate/policy.js'
import type { Label } from '../label.js'
import { labelOf, type OutcomeMeanings } from '../label.js'
import type { Visit } from '../walk.js'
import { isHeldByPolicy } from './collect.js'
import type { Proposal } from './proposal.js'
import type { TuningEffect } from './recommendation.js'
import { type Court, replay, requestOf } from './replay.js'

interface Counting {
  askedLess: number
  askedMore: number
  refused: number
  bad: number
  unlabelled: number
}

/** What a proposal would have done. Calls that were held are decided on anew, by the very policy its patch makes. */
export class EffectCounter {
  readonly #court: Court
  readonly #changed: Court | undefined
  readonly #counting: Counting

  /** @throws GovernanceError `invalid-policy` where the patch would not make a policy */
  constructor(court: Court, { type, change, about }: Proposal) {
    this.#court = court
    this.#changed = change && { ...court, policy: definePolicy({ name: court.policy.name, rules: change.rules }) }
    // Of a call that nobody was asked about, the input is not kept: these were counted by the rule and the tool.
    const isMore = change !== undefined && (type === 'repeatedly_blocked' || type === 'repeatedly_failing')
    const { count, good, bad, refused } = about
    this.#counting = isMore
      ? { askedLess: 0, askedMore: count, refused, bad, unlabelled: count - good - bad }
      : { askedLess: 0, askedMore: 0, refused: 0, bad: 0, unlabelled: 0 }
  }

  get effect(): TuningEffect {
    return { ...this.#counting }
  }

  readonly visit = (...[record, approval, label]: [...Parameters<Visit>, Label | undefined]): void => {
    if (this.#changed === undefined || approval === undefined || !isHeldByPolicy(record)) return
    const request = requestOf(record, approval, this.#court)
    const [now, then] = [replay(this.#court, request), replay(this.#changed, request)]
    if (now?.effect !== 'require_approval' || then === undefined || then.effect === 'require_approval') return
    this.#counting.askedLess++
    if (label === undefined) this.#counting.unlabelled++
    if (label?.kind !== 'bad') return
    this.#counting.bad++
    if (label.source === 'resolution') this.#counting.refused++
  }
}

/** Several at once, so that the past is read once. */
export function visitAll(counters: readonly EffectCounter[], meanings: OutcomeMeanings): Visit {
  return (record, approval) => {
    const label = labelOf(record, approval, meanings)
    for (const counter of counters) counter.visit(record, approval, label)
  }
}
