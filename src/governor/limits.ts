import type { Policy } from '../evaluate/policy.js'
import { policyNow, type PolicySource } from '../evaluate/policy-source.js'
import type { Store } from '../store/store.js'
import type { Effect, EvaluationRequest } from '../types.js'

/** How a limit stands for one call. */
export interface LimitUse {
  /** Id of the rule. */
  readonly rule: string
  /** What the rule says of a call that goes beyond. */
  readonly effect: Effect
  readonly windowMs: number
  /** In the window now: calls, or the sum of what the rule adds up. */
  readonly used: number
  /** What this call would add. */
  readonly adds: number
  readonly max: number
}

/** What reading limits needs of a governor. */
export interface LimitParts {
  readonly policy: Policy | PolicySource
  readonly store: Pick<Store, 'readWindows'>
}

/** Windows are kept in millionths. */
const SCALE = 1_000_000

/** How the limits that a call counts for stand, in the order of the rules. @throws what a condition of a rule throws */
export async function limitsOf(
  { policy, store }: LimitParts,
  request: EvaluationRequest,
): Promise<readonly LimitUse[]> {
  const { rulesFor } = await policyNow(policy, request.session.tenant)
  const limits = rulesFor(request.tool).flatMap(rule => {
    const spend = rule.limit === undefined || !rule.applies(request) ? undefined : rule.limit(request)
    return spend === undefined ? [] : [{ rule, spend }]
  })
  if (limits.length === 0) return []
  const totals = await store.readWindows(
    limits.map(({ spend }) => spend),
    request.at,
  )
  return limits.map(({ rule: { id, effect }, spend: { windowMs, amount, max } }, index) => ({
    rule: id,
    effect,
    windowMs,
    used: (totals[index] ?? 0) / SCALE,
    adds: amount / SCALE,
    max: max / SCALE,
  }))
}
