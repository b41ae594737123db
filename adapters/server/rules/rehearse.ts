import { type Clock, createGovernor, type DecisionRecord, memoryStore, systemClock } from 'countersign'
import { rulesOf } from './compile.js'
import type { Constraint } from './constraint.js'

/** What a constraint would have done with calls that were decided on. */
export interface Rehearsal {
  /** Recent calls that it would have been for. */
  readonly looked_at: number
  readonly allowed: number
  readonly requires_approval: number
  readonly blocked: number
}

/** Puts past calls to a constraint as if it had been the only rule, in their order and at their time: limits count too. */
export async function rehearse(constraint: Constraint, decisions: readonly DecisionRecord[]): Promise<Rehearsal> {
  let now = 0
  const clock: Clock = { ...systemClock, now: () => now }
  await using governor = createGovernor({
    policy: rulesOf('rule_new', constraint),
    // What the constraint is not for shows as held by no rule.
    unlisted: 'require_approval',
    store: memoryStore(),
    audit: false,
    clock,
  })
  const counts = { looked_at: 0, allowed: 0, requires_approval: 0, blocked: 0 }
  for (const { at, id, tool, domain, value, actor, tenant } of decisions) {
    now = at
    const scope = { actor, domain, tenant, profile: value === undefined ? {} : { value } }
    const { decision } = await governor.run({ id, name: tool, input: {} }, () => undefined, scope)
    if (decision.findings.some(({ rule }) => rule === 'unlisted')) continue
    counts.looked_at++
    counts[decision.result]++
  }
  return counts
}
