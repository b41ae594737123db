import type { MemoryRecommendations, Rule } from 'countersign'
import { isRecord } from '../../../src/service/protocol/validate.js'
import { constraintIdOf } from '../rules/compile.js'
import { snake } from './snake.js'

type Suggestion = MemoryRecommendations['recommendations'][number]

const HOUR_MS = 3_600_000

/** What the past suggests, as clients know it. */
export function writeRecommendation(suggestion: Suggestion) {
  const { recommendationId, type, tool, scope, windowMs, requiresHumanReview, isSafePatch, confidence } = suggestion
  return {
    recommendation_id: recommendationId,
    type,
    tool,
    scope,
    time_window_hours: windowMs / HOUR_MS,
    requires_human_review: requiresHumanReview,
    is_safe_patch: isSafePatch,
    confidence,
    ...suggestedBy(suggestion),
    reason: suggestion.reason,
    evidence: suggestion.evidence,
    effect: snake(suggestion.effect),
    suggested_policy: suggestion.suggestedPolicy ?? null,
    examples: suggestion.examples ?? [],
  }
}

/**
 * Where a suggested change is made. That of a rule of this service is a patch of the rule as clients see it, where there is one: its
 * bound on what nobody is asked about can be raised, for all calls of its domain. That of the server's own policy is a patch of that
 * document, which nobody can change from here.
 */
function suggestedBy(suggestion: Suggestion) {
  const { targetRuleId: rule, tool, suggestedPolicyPatch: patch = null } = suggestion
  const id = rule === undefined ? undefined : constraintIdOf({ rule })
  if (id === undefined) {
    return {
      target_rule_id: rule ?? null,
      rule_selector: rule === undefined ? { tool } : null,
      suggested_policy_patch: patch,
      apply_endpoint: null,
    }
  }
  const raised = raisedTo(suggestion)
  return {
    target_rule_id: id,
    rule_selector: null,
    suggested_policy_patch:
      raised === undefined ? null : [{ op: 'replace', path: '/require_approval_above', value: raised }],
    apply_endpoint: raised === undefined ? null : `/rules/${encodeURIComponent(id)}/apply_patch`,
  }
}

/** The value from which on people would be asked. */
function raisedTo({ type, suggestedPolicyPatch = [] }: Suggestion): number | undefined {
  if (type !== 'policy_tuning_max_value') return undefined
  for (const step of suggestedPolicyPatch) {
    const { effect, when } = ('value' in step && isRecord(step.value) ? step.value : {}) as Partial<Rule>
    const limit = typeof when === 'object' ? when['value'] : undefined
    const from = isRecord(limit) ? limit['gt'] : undefined
    if (effect === 'require_approval' && typeof from === 'number') return from
  }
  return undefined
}
