import { RecentMap } from '../recent-map.js'
import type { Decision, EvaluationRequest } from '../types.js'

/** A decision waits this long for its call; then the call is decided anew. */
const TTL_MS = 5 * 60_000
const MAX_PREPARED = 10_000

/**
 * Decisions made ahead of their calls: frameworks ask for approval in one place and execute in another, and the policy
 * must not be run, nor a limit be spent, once for each. Bound to principal, call and input, and used once.
 */
export class PreparedDecisions {
  readonly #waiting = new RecentMap<string, Decision>(MAX_PREPARED)

  put(request: EvaluationRequest, decision: Decision): void {
    this.#waiting.set(keyOf(request), decision)
  }

  peek(request: EvaluationRequest): Decision | undefined {
    if (this.#waiting.isEmpty) return undefined
    const decision = this.#waiting.get(keyOf(request))
    return decision !== undefined && request.at - decision.at <= TTL_MS ? decision : undefined
  }

  take(request: EvaluationRequest): Decision | undefined {
    const decision = this.peek(request)
    if (!this.#waiting.isEmpty) this.#waiting.delete(keyOf(request))
    return decision
  }
}

function keyOf({ session, actor, call, digest }: EvaluationRequest): string {
  return JSON.stringify([session.tenant ?? '', session.id ?? '', session.user ?? '', actor, call.id, call.name, digest])
}
