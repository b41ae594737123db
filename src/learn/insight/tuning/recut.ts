import type { Comparison, Conditions, Rule } from '../../../evaluate/rule.js'

/** The calls a proposal speaks of: all that is named must be so. */
export interface TuningScope {
  readonly tool: string
  readonly actor?: string
  readonly domain?: string
  readonly tenant?: string
}

/** A rule whose conditions are data. */
export interface WrittenRule extends Omit<Rule, 'when'> {
  readonly when?: Conditions
}

/** Whether all of a rule can be written down. */
export function isWritten(rule: Rule | undefined): rule is WrittenRule {
  return rule !== undefined && typeof rule.when !== 'function'
}

/** Whether a name names itself where a rule lists names, rather than being a pattern. */
export function isPlainName(name: string): boolean {
  return name !== '' && !name.startsWith('!') && !name.includes('*')
}

type List = 'tools' | 'actors' | 'domains'

/**
 * Cuts the calls of a scope out of a rule: `rest` are rules that say what it said of all others, `cell` is the one that says
 * it of the scope. Without `rest`, the rule spoke of nothing else. The rule must have spoken of a call of the scope.
 */
export function recut(
  rule: WrittenRule,
  scope: TuningScope,
): { readonly rest: WrittenRule[]; readonly cell: WrittenRule } {
  const rest: WrittenRule[] = []
  const narrowed = (wide: WrittenRule, list: List, name: string | undefined): WrittenRule => {
    const names = wide[list] ?? []
    if (name === undefined || (names.length === 1 && names[0] === name)) return wide
    rest.push({ ...wide, [list]: [...names, `!${name}`] })
    return { ...wide, id: `${rule.id}-${scope.tool}`, [list]: [name] }
  }
  const ofTool = narrowed(rule, 'tools', scope.tool)
  const ofActor = narrowed(ofTool, 'actors', scope.actor)
  const cell = narrowed(ofActor, 'domains', scope.domain)
  const { tenant } = scope
  if (tenant === undefined || isOfTenant(cell.when?.['session.tenant'], tenant)) return { rest, cell }
  const others = given(cell, 'session.tenant').notIn ?? []
  rest.push(withCondition(cell, 'session.tenant', { notIn: [...others, tenant] }))
  const ofTenant = { ...cell, id: `${rule.id}-${scope.tool}` }
  return { rest, cell: withCondition(ofTenant, 'session.tenant', { eq: tenant }) }
}

/** A rule of nothing but a scope. */
export function ruleOfScope(
  { tool, actor, domain, tenant }: TuningScope,
  rest: Omit<WrittenRule, 'tools'>,
): WrittenRule {
  const when = tenant === undefined ? rest.when : { ...rest.when, 'session.tenant': { eq: tenant } }
  return {
    ...rest,
    tools: [tool],
    ...(actor === undefined ? {} : { actors: [actor] }),
    ...(domain === undefined ? {} : { domains: [domain] }),
    ...(when === undefined ? {} : { when }),
  }
}

/** The same rule with one more condition; what it says of that path already stays. */
export function withCondition(rule: WrittenRule, path: string, more: Comparison): WrittenRule {
  return { ...rule, when: { ...rule.when, [path]: { ...given(rule, path), ...more } } }
}

/** What a rule asks of a path; a plain value means `eq`. */
function given({ when }: WrittenRule, path: string): Comparison {
  const known = when === undefined || !Object.hasOwn(when, path) ? undefined : when[path]
  if (known === undefined) return {}
  return typeof known === 'object' && known !== null ? known : { eq: known }
}

function isOfTenant(comparison: Conditions[string] | undefined, tenant: string): boolean {
  return comparison === tenant || (typeof comparison === 'object' && comparison?.eq === tenant)
}
