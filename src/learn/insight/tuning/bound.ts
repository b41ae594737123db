import type { Comparison } from '../../../evaluate/rule.js'
import { withCondition, type WrittenRule } from './recut.js'

/** The number above which a rule speaks. */
export interface LowerEnd {
  /** Where the number stands: `value`, `input.amount`. */
  readonly path: string
  readonly comparison: Comparison
}

/** The first path of a rule that is compared with a number to be above it. */
export function lowerEndOf({ when = {} }: WrittenRule): LowerEnd | undefined {
  for (const [path, comparison] of Object.entries(when)) {
    if (typeof comparison !== 'object' || comparison === null) continue
    if (typeof comparison.gt === 'number' || typeof comparison.gte === 'number') return { path, comparison }
  }
  return undefined
}

/** The rule from `to` on, and what it spoke of up to there: let through. */
export function raised(rule: WrittenRule, { path, comparison }: LowerEnd, to: number): readonly WrittenRule[] {
  const { gt: _gt, gte: _gte, ...rest } = comparison
  const above = { ...rule, when: { ...rule.when, [path]: { ...rest, gt: to } }, reason: `over ${to}` }
  return [above, waived({ ...rule, when: { ...rule.when, [path]: { ...comparison, lte: to } } }, `at most ${to}`)]
}

/** The rule but for values within a range: a call without a value is not within it. */
export function spared(rule: WrittenRule, from: number, to: number): readonly WrittenRule[] {
  return [
    { ...withCondition(rule, 'value', { gt: to }), reason: `over ${to}` },
    { ...withCondition(rule, 'value', { lt: from }), reason: `under ${from}` },
    { ...withCondition(rule, 'value', { exists: false }), reason: 'without a value' },
    waived(withCondition(rule, 'value', { gte: from, lte: to }), `at most ${to}`),
  ]
}

/** The rule but for calls without a value. */
export function sparedWithoutValue(rule: WrittenRule, reason: string): readonly WrittenRule[] {
  return [
    withCondition(rule, 'value', { exists: true }),
    waived(withCondition(rule, 'value', { exists: false }), reason),
  ]
}

/** The rule with its calls let through. */
function waived(rule: WrittenRule, reason: string): WrittenRule {
  return { ...rule, id: `${rule.id}-waived`, effect: 'allow', reason }
}
