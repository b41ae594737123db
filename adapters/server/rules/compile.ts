import type { Rule } from 'countersign'
import { type Constraint, isPlain } from './constraint.js'

const SEPARATOR = ':'

/** The rules that a constraint is. What is within all of its bounds it allows; a deny or a question, of any other rule too, goes over that. */
export function rulesOf(id: string, constraint: Constraint): readonly Rule[] {
  const { name, domain, max_value: max, min_value: min, require_approval_above: above } = constraint
  const { max_per_day: perDay, max_per_hour: perHour, cooldown_seconds: cooldown = 0 } = constraint
  // Braces would be places to fill in.
  const label = `"${name.replaceAll(/[{}]/g, '')}"`
  const rule = (bound: string, effect: Rule['effect'], reason: string, rest: Partial<Rule>): Rule => ({
    id: `${id}${SEPARATOR}${bound}`,
    // A call of no domain is on no list: a rule for all domains names none.
    ...(domain === '*' ? {} : { domains: [domain] }),
    ...rest,
    effect,
    reason: `${label}: ${reason}`,
  })
  return [
    rule('within', 'allow', 'within its bounds', {}),
    rule('max_value', 'deny', `{value} is over ${max}`, { when: { value: { gt: max } } }),
    ...(min === undefined
      ? []
      : [rule('min_value', 'deny', `{value} is under ${min}`, { when: { value: { lt: min } } })]),
    ...(above === undefined
      ? []
      : [
          rule('require_approval_above', 'require_approval', `{value} is over ${above}`, {
            when: { value: { gt: above } },
          }),
        ]),
    rule('max_per_day', 'deny', `over ${perDay} calls in 24 hours`, count(perDay, '24h')),
    ...(perHour === undefined
      ? []
      : [rule('max_per_hour', 'deny', `over ${perHour} calls in an hour`, count(perHour, '1h'))]),
    ...(cooldown === 0
      ? []
      : [rule('cooldown_seconds', 'deny', `less than ${cooldown} s after the call before`, count(1, cooldown * 1000))]),
    ...hoursOf(constraint, rest => rule('allowed_hours', 'deny', 'outside of its hours', rest)),
  ]
}

function count(most: number, window: string | number): Partial<Rule> {
  return { limit: { count: 'calls', per: 'domain', window, max: most } }
}

function hoursOf(
  { allowed_hours_start: from = 0, allowed_hours_end: to = 24 }: Constraint,
  rule: (rest: Partial<Rule>) => Rule,
): readonly Rule[] {
  if (from === 0 && to === 24) return []
  return [rule({ outside: { from: hourText(from), to: hourText(to) } })]
}

function hourText(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`
}

/** Id of the constraint that a finding is of, if it is of one. */
export function constraintIdOf(finding: { readonly rule: string }): string | undefined {
  const at = finding.rule.lastIndexOf(SEPARATOR)
  return finding.rule.startsWith('rule_') && at > 0 ? finding.rule.slice(0, at) : undefined
}

/** The rule whose limit counts the calls of a constraint's day; nothing where there is one count for each domain. */
export function dayRuleOf(id: string, constraint: Constraint): Rule | undefined {
  if (!isPlain(constraint.domain)) return undefined
  return rulesOf(id, constraint).find(rule => rule.id === `${id}${SEPARATOR}max_per_day`)
}
