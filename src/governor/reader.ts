import type { Clock } from '../ambient.js'
import type { Approval, Grant } from '../approval.js'
import { inTime } from '../enforce/deadline.js'
import { GovernanceError } from '../errors.js'
import type { Receipt } from '../receipt.js'
import type { GrantFilter, Store } from '../store/store.js'
import type { Awaitable, Decision } from '../types.js'

/** What reading needs of a governor. */
export interface ReaderParts {
  readonly store: Store
  readonly clock: Clock
  readonly deadlineMs: number
}

/** The one way in which a call on its way reads what was recorded. Every method throws what the store throws, and GovernanceError `evaluation-failed` when it takes too long. */
export class Reader {
  readonly #parts: ReaderParts

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  receipt(key: string): Awaitable<Receipt | undefined> {
    return this.#inTime(this.#parts.store.getReceipt(key))
  }

  approval(id: string): Awaitable<Approval | undefined> {
    return this.#inTime(this.#parts.store.getApproval(id))
  }

  /** The request for a call under this policy; without a policy, the newest. */
  approvalOf(key: string, policyVersion?: string): Awaitable<Approval | undefined> {
    return this.#inTime(this.#parts.store.findApproval(key, policyVersion))
  }

  grants(filter: GrantFilter): Awaitable<readonly Grant[]> {
    return this.#inTime(this.#parts.store.listGrants(filter))
  }

  /** A decision as it was made, without what became of it. */
  async findDecision(id: string): Promise<Decision | undefined> {
    const record = await this.#inTime(this.#parts.store.getDecision(id))
    if (record === undefined) return undefined
    const { execution: _execution, outcomes: _outcomes, ...decision } = record
    return decision
  }

  /** @throws GovernanceError `not-found` where a store that keeps only the newest has forgotten it */
  async decision(id: string): Promise<Decision> {
    const decision = await this.findDecision(id)
    if (decision === undefined) throw new GovernanceError('not-found', `Decision "${id}" is not stored any more.`)
    return decision
  }

  #inTime<T>(work: Awaitable<T>): Awaitable<T> {
    return inTime(work, this.#parts.deadlineMs, this.#parts.clock)
  }
}
