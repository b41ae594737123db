import type { Conditions } from '../../../evaluate/rule.js'
import { atMost, lowerBound, upperBound } from '../binomial.js'
import { lowerEndOf, raised, spared, sparedWithoutValue } from './bound.js'
import type { HeldGroup } from './collect.js'
import { changeRules, type RulesChange } from './patch.js'
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
  const change = changed(ruleId, scope, proposing, cell => {
    if (cell === undefined) return [allowed(scope, `at most ${to}`, { value: { gte: from, lte: to } })]
    return end === undefined ? spared(cell, from, to) : raised(cell, end, to)
  })
  const reason = `people let through ${n - bad} of ${n} calls of ${scope.tool} with ${end?.path ?? 'value'} up to ${to}`
  const shared = { scope, targetRuleId: ruleId, about: group.all, reason, change }
  return change && { type: 'policy_tuning_max_value', ...shared, ...rare(bad, n, proposing) }
}

function asAWhole(ruleId: string, scope: TuningScope, group: HeldGroup, proposing: Proposing): Proposal | undefined {
  const { court, bar } = proposing
  const { all, unnumbered } = group
  const n = all.good + all.bad
  const shared = { scope, targetRuleId: ruleId, about: all }
  if (isRare(all.good, n, bar.maxRefusalRate, bar.confidence)) {
    const said = `refused ${all.bad} of ${n} times`
    const change = changed(ruleId, scope, proposing, cell => [
      cell === undefined ? denied(scope, said) : { ...cell, effect: 'deny' },
    ])
    const reason = `people refused ${all.bad} of ${n} calls of ${scope.tool}`
    return change && { type: 'policy_tuning_deny', ...shared, reason, change, ...frequent(all.bad, n, proposing) }
  }
  const known = standing(court, ruleId)
  // What was let through up to a value says nothing of a higher one.
  const isNumbered = unnumbered < all.count || (known !== undefined && lowerEndOf(known.rule) !== undefined)
  if (isNumbered || !isRare(all.bad, n, bar.maxRefusalRate, bar.confidence)) return undefined
  const said = `let through ${all.good} of ${n} times`
  const change = changed(ruleId, scope, proposing, cell =>
    cell === undefined ? [allowed(scope, said, { value: { exists: false } })] : sparedWithoutValue(cell, said),
  )
  const reason = `people let through ${all.good} of ${n} calls of ${scope.tool}`
  return change && { type: 'policy_tuning_allow', ...shared, reason, change, ...rare(all.bad, n, proposing) }
}

/** What becomes of the rule for these calls, and of none where no rule spoke; nothing where it cannot be written anew. */
function changed(
  ruleId: string,
  scope: TuningScope,
  { court }: Proposing,
  become: (cell: WrittenRule | undefined) => readonly WrittenRule[],
): RulesChange | undefined {
  const { rules } = court.policy
  if (rules.every(({ id }) => id !== ruleId)) return changeRules(rules, undefined, become(undefined))
  const known = standing(court, ruleId)
  if (known === undefined) return undefined
  const { rest, cell } = recut(known.rule, scope)
  return changeRules(rules, known.at, [...rest, ...become(cell)])
}

function allowed(scope: TuningScope, reason: string, when: Conditions): WrittenRule {
  return ruleOfScope(scope, { id: `${scope.tool}-waived`, effect: 'allow', reason, when })
}

function denied(scope: TuningScope, reason: string): WrittenRule {
  return ruleOfScope(scope, { id: `${scope.tool}-denied`, effect: 'deny', reason })
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
