import { atMost, lowerBound } from '../binomial.js'
import type { ToolTally } from './collect.js'
import { changeRules } from './patch.js'
import { percent, type Proposal, type Proposing } from './proposal.js'
import { ruleOfScope, type TuningScope } from './recut.js'

/** What a tool suggests that keeps failing: to ask first. Where people are asked about all of its calls, nothing. */
export function ofFailing(
  scope: TuningScope,
  { ran, failed, unasked }: ToolTally,
  { court, bar }: Proposing,
): Proposal | undefined {
  if (unasked.count === 0) return undefined
  const { count } = failed
  const said = `failed in ${count} of ${ran} runs (${percent(count / ran)})`
  const held = ruleOfScope(scope, { id: `${scope.tool}-held`, effect: 'require_approval', reason: said })
  const threshold = bar.minToolErrorRate
  return {
    type: 'repeatedly_failing',
    scope,
    reason: `${scope.tool} ${said}`,
    confidence: atMost(count - 1, ran, threshold),
    evidence: { n: ran, count, rate: count / ran, threshold, bound: lowerBound(count, ran, bar.confidence) },
    change: changeRules(court.policy.rules, undefined, [held]),
    about: { ...unasked, examples: failed.examples },
  }
}
