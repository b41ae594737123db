import { RecentMap } from '../recent-map.js'
import type { Awaitable, Decision, EvaluationRequest } from '../types.js'

/** A decision waits this long for its call; then the call is decided anew. */
const TTL_MS = 5 * 60_000
const MAX_PREPARED = 10_000

interface Prepared {
  readonly request: EvaluationRequest
  readonly decision: Awaitable<Decision | undefined>
}

/**
 * Decisions made ahead of their calls: frameworks ask for approval in one place and execute in another, and the policy
 * must not be run, nor a limit be spent, once for each. Bound to everything a rule can see of the call, and used once.
 */
export class PreparedDecisions {
  readonly #waiting = new RecentMap<string, Prepared>(MAX_PREPARED)

  put(request: EvaluationRequest, decision: Awaitable<Decision | undefined>): void {
    this.#waiting.set(keyOf(request), { request, decision })
  }

  /** The decision that waits for this request; a promise while it is still being made. */
  peek(request: EvaluationRequest): Awaitable<Decision | undefined> | undefined {
    return this.#waiting.isEmpty ? undefined : this.#find(keyOf(request), request)
  }

  drop(request: EvaluationRequest): void {
    this.#waiting.delete(keyOf(request))
  }

  take(request: EvaluationRequest): Awaitable<Decision | undefined> | undefined {
    if (this.#waiting.isEmpty) return undefined
    const key = keyOf(request)
    const decision = this.#find(key, request)
    if (decision !== undefined) this.#waiting.delete(key)
    return decision
  }

  #find(key: string, request: EvaluationRequest): Awaitable<Decision | undefined> | undefined {
    const prepared = this.#waiting.get(key)
    if (prepared === undefined || request.at - prepared.request.at > TTL_MS) return undefined
    return isSame(prepared.request, request) ? prepared.decision : undefined
  }
}

/** Finds; whether it is the same is then compared, so that no two requests can share a decision. */
function keyOf({ session, actor, call, digest }: EvaluationRequest): string {
  return `${digest}${call.id} ${session.tenant ?? ''} ${session.id ?? ''} ${session.user ?? ''} ${actor}`
}

function isSame(a: EvaluationRequest, b: EvaluationRequest): boolean {
  return (
    a.call.id === b.call.id &&
    a.digest === b.digest &&
    a.tool === b.tool &&
    a.action === b.action &&
    a.actor === b.actor &&
    a.domain === b.domain &&
    a.value === b.value &&
    a.target === b.target &&
    isSameRecord(a.annotations, b.annotations) &&
    isSameRecord(a.metadata, b.metadata) &&
    a.session.id === b.session.id &&
    a.session.user === b.session.user &&
    a.session.tenant === b.session.tenant &&
    a.session.model === b.session.model
  )
}

/** Values that only look the same count as different: then the call is decided once more. */
function isSameRecord(a: object, b: object): boolean {
  if (a === b) return true
  const keys = Object.keys(a) as (keyof typeof a)[]
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && Object.is(a[key], b[key]))
}
