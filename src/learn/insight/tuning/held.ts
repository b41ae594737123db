import { atMost, lowerBound, upperBound } from '../binomial.js'
import { lowerEndOf, raised, waived } from './bound.js'
import type { HeldGroup } from './collect.js'
import { changeRules } from './patch.js'
import { type Proposal, type Proposing, standing } from './proposal.js'
import { recut, ruleOfScope, type TuningScope, type WrittenRule } from './recut.js'
import { approvedRange, isRare } from './threshold.js'

/** What held calls suggest: those of one tool that one rule alone holds, or that none speaks of. */
export function ofHeld(
  ruleId: string,
  scope: TuningScope,
  group: HeldGroup,
  proposing: Proposing,
): Proposal | undefined {
  return upToValue(ruleId, scope, group, proposing) ?? asAWhole(ruleId, scope, group, proposing)
}

function upToValue(ruleId: string, scope: TuningScope, group: HeldGroup, proposing: Proposing): Proposal | undefined {
  const { court, bar } = proposing
  const range = approvedRange(group.numbered.ties(), bar.maxRefusalRate, bar.confidence)
  if (range === undefined) return undefined
  const { from, to, n, bad } = range
  const known = standing(court, ruleId)
  const end = known && lowerEndOf(known.rule)
  const isUnlisted = court.policy.rules.every(({ id }) => id !== ruleId)
  // A rule that looks at no number cannot be cut at one: calls without it would slip through.
  if (!isUnlisted && end === undefined) return undefined
  const path = end?.path ?? 'value'
  const reason = `people let through ${n - bad} of ${n} calls of ${scope.tool} with ${path} up to ${to}`
  return {
    type: 'policy_tuning_max_value',
    scope,
    targetRuleId: ruleId,
    reason,
    ...rare(bad, n, proposing),
    change:
      known === undefined || end === undefined
        ? changeRules(court.policy.rules, undefined, [allowed(scope, reason, { value: { gte: from, lte: to } })])
        : inPlace(proposing, ruleId, scope, cell => raised(cell, end, to)),
    about: group.all,
  }
}

function asAWhole(ruleId: string, scope: TuningScope, group: HeldGroup, proposing: Proposing): Proposal | undefined {
  const { court, bar } = proposing
  const { all, unnumbered } = group
  const n = all.good + all.bad
  const isUnlisted = court.policy.rules.every(({ id }) => id !== ruleId)
  const known = standing(court, ruleId)
  if (!isUnlisted && known === undefined) return undefined
  const shared = { scope, targetRuleId: ruleId, about: all }
  if (isRare(all.good, n, bar.maxRefusalRate, bar.confidence)) {
    const reason = `people refused ${all.bad} of ${n} calls of ${scope.tool}`
    const denied = ruleOfScope(scope, { id: `${scope.tool}-denied`, effect: 'deny', reason })
    const change = isUnlisted
      ? changeRules(court.policy.rules, undefined, [denied])
      : inPlace(proposing, ruleId, scope, cell => [{ ...cell, effect: 'deny' }])
    return { type: 'policy_tuning_deny', ...shared, reason, ...frequent(all.bad, n, proposing), change }
  }
  // What was let through up to a value says nothing of a higher one.
  const isNumbered = unnumbered < all.count || (known !== undefined && lowerEndOf(known.rule) !== undefined)
  if (isNumbered || !isRare(all.bad, n, bar.maxRefusalRate, bar.confidence)) return undefined
  const reason = `people let through ${all.good} of ${n} calls of ${scope.tool}`
  const change = isUnlisted
    ? changeRules(court.policy.rules, undefined, [allowed(scope, reason)])
    : inPlace(proposing, ruleId, scope, cell => [waived(cell, reason)])
  return { type: 'policy_tuning_allow', ...shared, reason, ...rare(all.bad, n, proposing), change }
}

/** The rule for all other calls, and for these what becomes of it. */
function inPlace(
  { court }: Proposing,
  ruleId: string,
  scope: TuningScope,
  become: (cell: WrittenRule) => readonly WrittenRule[],
): ReturnType<typeof changeRules> | undefined {
  const known = standing(court, ruleId)
  if (known === undefined) return undefined
  const { rest, cell } = recut(known.rule, scope)
  return changeRules(court.policy.rules, known.at, [...rest, ...become(cell)])
}

function allowed(scope: TuningScope, reason: string, when?: WrittenRule['when']): WrittenRule {
  return ruleOfScope(scope, { id: `${scope.tool}-waived`, effect: 'allow', reason, ...(when && { when }) })
}

function rare(bad: number, n: number, { bar }: Proposing): Pick<Proposal, 'confidence' | 'evidence'> {
  const threshold = bar.maxRefusalRate
  const bound = upperBound(bad, n, bar.confidence)
  return { confidence: 1 - atMost(bad, n, threshold), evidence: { n, count: bad, rate: bad / n, threshold, bound } }
}

function frequent(bad: number, n: number, { bar }: Proposing): Pick<Proposal, 'confidence' | 'evidence'> {
  const threshold = 1 - bar.maxRefusalRate
  const bound = lowerBound(bad, n, bar.confidence)
  return { confidence: atMost(bad - 1, n, threshold), evidence: { n, count: bad, rate: bad / n, threshold, bound } }
}
