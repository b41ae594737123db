import { isPromiseLike } from '../../ambient.js'
import { inTime } from '../../enforce/deadline.js'
import type { Court } from '../../enforce/judge.js'
import { isPolicy, type Policy } from '../../evaluate/policy.js'
import { checkedPolicy, type PolicySource, unavailablePolicy } from '../../evaluate/policy-source.js'
import type { Awaitable } from '../../types.js'
import type { Learning } from '../learning/learning.js'
import { Assessor } from './assess.js'

/** What judging needs of a governor, whose policy may be another one tomorrow. */
export interface LiveCourt extends Omit<Court, 'policy'> {
  readonly policy: Policy | PolicySource
}

/**
 * Who assesses a call: one assessor for each policy, so that what a decision was made by and the version it is bound to are of
 * one policy, whatever happens to the rules meanwhile. A fixed policy has one for good.
 */
export class Assessors {
  readonly #court: LiveCourt
  readonly #learning: Learning | undefined
  readonly #fixed: Assessor | undefined
  readonly #known = new WeakMap<Policy, Assessor>()

  constructor(court: LiveCourt, learning: Learning | undefined) {
    this.#court = court
    this.#learning = learning
    const { policy } = court
    this.#fixed = isPolicy(policy) ? this.#by(policy) : undefined
  }

  /** By the policy that holds now for a tenant. Never throws and never rejects: one that cannot be had fails the evaluation. */
  of(tenant: string | undefined): Awaitable<Assessor> {
    return this.#fixed ?? this.#current(tenant)
  }

  #current(tenant: string | undefined): Awaitable<Assessor> {
    const { clock, deadlineMs } = this.#court
    const source = this.#court.policy as PolicySource
    const found = (policy: unknown): Assessor => this.#by(checkedPolicy(policy))
    const failed = (error: unknown): Assessor => this.#by(unavailablePolicy(source.name ?? 'policy', error))
    try {
      const current = inTime(source.current(tenant), deadlineMs, clock)
      return isPromiseLike(current) ? current.then(found).then(undefined, failed) : found(current)
    } catch (error) {
      return failed(error)
    }
  }

  #by(policy: Policy): Assessor {
    const known = this.#known.get(policy)
    if (known !== undefined) return known
    const assessor = new Assessor({ ...this.#court, policy }, this.#learning)
    this.#known.set(policy, assessor)
    return assessor
  }
}
