import { atMost, lowerBound } from '../binomial.js'
import type { Turnout } from './collect.js'
import { changeRules } from './patch.js'
import { type Proposal, type Proposing, standing } from './proposal.js'
import { recut, type TuningScope } from './recut.js'

/** What calls of a tool suggest that one rule alone denied: to ask instead. A hard deny is not to be asked about. */
export function ofDenied(
  ruleId: string,
  scope: TuningScope,
  { denied, calls }: { readonly denied: Turnout; readonly calls: number },
  { court, bar }: Proposing,
): Proposal | undefined {
  const rule = court.policy.rules.find(({ id }) => id === ruleId)
  // A kill switch, a rule that is not there any more, the answer of somebody else: nothing of this policy to tune.
  if (rule?.effect !== 'deny') return undefined
  const { count } = denied
  const known = rule.hard === true ? undefined : standing(court, ruleId)
  const { rest, cell } = known === undefined ? { rest: [], cell: undefined } : recut(known.rule, scope)
  const change = cell && changeRules(court.policy.rules, known?.at, [...rest, { ...cell, effect: 'require_approval' }])
  const threshold = bar.minBlockedRate
  return {
    type: 'repeatedly_blocked',
    scope,
    targetRuleId: ruleId,
    reason:
      `rule ${ruleId} denied ${count} of ${calls} calls of ${scope.tool}: ` +
      (change === undefined
        ? 'take the tool from the agent, or tell it'
        : 'ask a person instead, or take the tool from the agent'),
    confidence: atMost(count - 1, calls, threshold),
    evidence: { n: calls, count, rate: count / calls, threshold, bound: lowerBound(count, calls, bar.confidence) },
    ...(change && { change }),
    about: denied,
  }
}
