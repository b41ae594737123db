import type { Approval } from '../approval.js'
import { RevisionMap } from './revision-map.js'

const ENDED: ReadonlySet<string> = new Set<Approval['status']>(['rejected', 'expired', 'cancelled', 'consumed'])

/** Requests to people, by id and by what they are bound to. */
export class ApprovalMap {
  readonly #approvals: RevisionMap<Approval>
  /** Ids by key, in the order they came: one for each policy it was asked under. */
  readonly #byKey = new Map<string, readonly string[]>()

  /** Keeps all approvals but those that ended before the last `size` that did. */
  constructor(size: number) {
    this.#approvals = new RevisionMap(size, ({ status }) => ENDED.has(status))
  }

  get(id: string): Approval | undefined {
    return this.#approvals.get(id)
  }

  find(key: string, policyVersion: string | undefined): Approval | undefined {
    const asked = (this.#byKey.get(key) ?? []).map(id => this.#approvals.get(id))
    return asked.findLast(approval => policyVersion === undefined || approval?.policyVersion === policyVersion)
  }

  /** As {@link RevisionMap.follows}; and a key under a policy has one approval, which stays its own. */
  follows(approval: Approval): boolean {
    const bound = this.find(approval.key, approval.policyVersion)
    return (
      this.#approvals.follows(approval.id, approval) &&
      bound?.id === (approval.revision === 1 ? undefined : approval.id)
    )
  }

  set(approval: Approval): void {
    const { id, key, revision } = approval
    if (revision === 1) this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), id])
    const forgotten = this.#approvals.set(id, approval)
    if (forgotten === undefined) return
    const remaining = (this.#byKey.get(forgotten.key) ?? []).filter(other => other !== forgotten.id)
    if (remaining.length === 0) this.#byKey.delete(forgotten.key)
    else this.#byKey.set(forgotten.key, remaining)
  }

  newestFirst(): readonly Approval[] {
    return this.#approvals.newestFirst()
  }
}
