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
    if (decision === undefined || request.at - decision.at > TTL_MS) return undefined
    return isFor(decision, request) ? decision : undefined
  }

  take(request: EvaluationRequest): Decision | undefined {
    const decision = this.peek(request)
    if (decision !== undefined) this.#waiting.delete(keyOf(request))
    return decision
  }

  clear(): void {
    this.#waiting.clear()
  }
}

/** The digest has a fixed length, so that no two pairs make one key. */
function keyOf({ call, digest }: EvaluationRequest): string {
  return digest + call.id
}

function isFor(decision: Decision, { session, actor, tool }: EvaluationRequest): boolean {
  return (
    decision.tool === tool &&
    decision.actor === actor &&
    decision.tenant === session.tenant &&
    decision.sessionId === session.id &&
    decision.user === session.user
  )
}
