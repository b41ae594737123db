import { RecentMap } from '../../recent-map.js'
import type { EvaluationRequest } from '../../types.js'
import type { Evaluation } from '../evaluator.js'

/** Calls whose last answer is certain to be remembered. */
const MAX_KNOWN = 1000

/** The last answers of a service, for when it gives none. */
export class LastKnown {
  readonly #maxAgeMs: number
  readonly #answers = new RecentMap<string, { readonly evaluation: Evaluation; readonly at: number }>(MAX_KNOWN)

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs
  }

  keep(request: EvaluationRequest, evaluation: Evaluation, at: number): void {
    this.#answers.set(keyOf(request), { evaluation, at })
  }

  /** The answer about the same call of the same people, if it is not too old. It is about another decision: its id is not this one's. */
  find(request: EvaluationRequest, now: number): Evaluation | undefined {
    const known = this.#answers.get(keyOf(request))
    if (known === undefined || now - known.at > this.#maxAgeMs || now < known.at) return undefined
    const { requestId: _, ...service } = known.evaluation.service ?? {}
    return { ...known.evaluation, service, fallback: 'last_known' }
  }
}

/** All that a service is told of a call, but for which call it is. */
function keyOf({ session, actor, domain, action, tool, value, target, metadata, digest }: EvaluationRequest): string {
  const { tenant, user } = session
  return JSON.stringify([tenant, user, actor, domain, action, tool, value, target, metadata, digest])
}
