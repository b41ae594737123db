import { forget, isPromiseLike } from '../ambient.js'
import { GovernanceError } from '../errors.js'
import type { ToolAnnotations } from '../tool-profile.js'
import type { Effect, EvaluationRequest, Finding } from '../types.js'
import { EFFECTS } from './combine.js'
import { type Answer, compileConditions, type Condition } from './condition.js'
import { compileHours } from './hours.js'
import { type CompiledLimit, compileLimit } from './limit.js'
import { compileNames, type NameTest } from './names.js'
import { fail, type Place } from './place.js'
import { compileReason } from './reason.js'
import type { Rule } from './rule.js'

/** A rule ready to be asked. */
export interface CompiledRule {
  readonly id: string
  readonly effect: Effect
  /** Whether the rule can concern a tool at all; asked once per tool name. */
  readonly concerns: (tool: string) => boolean
  /** Whether the rule can concern a domain, where it names some; asked once per tool and domain. */
  readonly concernsDomain: NameTest | undefined
  /** Whether everything but the limit holds. */
  readonly applies: (request: EvaluationRequest) => boolean
  readonly limit: CompiledLimit | undefined
  /** Whether what was learnt may answer instead of a person. */
  readonly autonomy: boolean
  readonly finding: (request: EvaluationRequest) => Finding
}

const RULE_KEYS = [
  'id',
  'tools',
  'actors',
  'domains',
  'targets',
  'models',
  'annotations',
  'when',
  'limit',
  'during',
  'outside',
  'effect',
  'reason',
  'hard',
  'autonomy',
]
const HINTS: readonly (keyof ToolAnnotations)[] = ['readOnly', 'destructive', 'idempotent', 'openWorld']

/**
 * Checks one rule and compiles it. The same code reads rules from TypeScript and from documents, so that both spellings
 * mean the same.
 *
 * @throws GovernanceError `invalid-policy`, naming the place and what was expected
 */
export function compileRule(rule: Rule, place: Place): CompiledRule {
  if (typeof rule !== 'object' || rule === null) return fail(place, 'expected a rule { id, effect, … }', rule)
  for (const key of Object.keys(rule)) {
    if (!RULE_KEYS.includes(key))
      fail(place.in(key), `unknown key, expected ${RULE_KEYS.join(', ')}`, undefined, [key, RULE_KEYS])
  }
  const { id, effect } = rule
  if (typeof id !== 'string' || id === '') return fail(place.in('id'), 'expected a name', id)
  if (!EFFECTS.includes(effect))
    return fail(place.in('effect'), `expected one of ${EFFECTS.join(', ')}`, effect, [String(effect), EFFECTS])
  checkFlag(rule, 'hard', 'deny', 'only a deny can be hard', place)
  checkFlag(rule, 'autonomy', 'require_approval', 'only a rule that asks can be learnt', place)
  if (rule.limit !== undefined && effect === 'allow') {
    return fail(
      place.in('effect'),
      'a limit answers when it would be exceeded: expected deny or require_approval',
      effect,
    )
  }
  if (rule.reason !== undefined && typeof rule.reason !== 'string')
    return fail(place.in('reason'), 'expected a text', rule.reason)
  const tools = nameList(rule.tools, place.in('tools'))
  const conditions = compileAll(rule, place)
  const limit = rule.limit === undefined ? undefined : compileLimit(rule.limit, id, place.in('limit'))
  const reason = compileReason(rule.reason ?? defaultReason(rule), place.in('reason'))
  const hard = rule.hard === true
  return {
    id,
    effect,
    concerns: tools ?? (() => true),
    concernsDomain: nameList(rule.domains, place.in('domains')),
    applies: request => conditions.every(condition => holds(condition(request), effect)),
    limit,
    autonomy: rule.autonomy === true,
    finding: request =>
      hard ? { rule: id, effect, reason: reason(request), hard } : { rule: id, effect, reason: reason(request) },
  }
}

function checkFlag(rule: Rule, flag: 'hard' | 'autonomy', effect: Effect, why: string, place: Place): void {
  const value = rule[flag]
  if (value !== undefined && typeof value !== 'boolean') fail(place.in(flag), 'expected true or false', value)
  if (value === true && rule.effect !== effect) fail(place.in(flag), why, rule.effect)
}

/** What cannot be told counts against the call. */
function holds(answer: Answer, effect: Effect): boolean {
  return answer === 'indeterminate' ? effect !== 'allow' : answer
}

function compileAll(rule: Rule, place: Place): Condition[] {
  const named = (
    key: 'actors' | 'domains' | 'targets' | 'models',
    read: (request: EvaluationRequest) => string | undefined,
  ): Condition[] => {
    const test = nameList(rule[key], place.in(key))
    return test === undefined ? [] : [request => test(read(request))]
  }
  return [
    ...named('actors', request => request.actor),
    ...named('domains', request => request.domain),
    ...named('targets', request => request.target),
    ...named('models', request => request.session.model),
    ...compileAnnotations(rule.annotations, place.in('annotations')),
    ...compileWhen(rule, place.in('when')),
    ...compileTimes(rule, place),
  ]
}

function nameList(list: unknown, place: Place): NameTest | undefined {
  if (list === undefined) return undefined
  if (!Array.isArray(list) || list.length === 0) return fail(place, 'expected a list of names or patterns', list)
  list.forEach((name: unknown, index) => {
    if (typeof name !== 'string' || name === '' || name === '!')
      fail(place.in(index), 'expected a name or a pattern', name)
  })
  return compileNames(list as string[])
}

function compileAnnotations(annotations: unknown, place: Place): Condition[] {
  if (annotations === undefined) return []
  if (typeof annotations !== 'object' || annotations === null || Array.isArray(annotations))
    return fail(place, `expected { ${HINTS.join(', ')} }`, annotations)
  return Object.entries(annotations).map<Condition>(([hint, expected]) => {
    if (!HINTS.includes(hint as keyof ToolAnnotations))
      return fail(place.in(hint), `expected one of ${HINTS.join(', ')}`, undefined, [hint, HINTS])
    if (typeof expected !== 'boolean') return fail(place.in(hint), 'expected true or false', expected)
    return request => (request.annotations[hint as keyof ToolAnnotations] ?? false) === expected
  })
}

function compileWhen(rule: Rule, place: Place): Condition[] {
  const { when } = rule
  if (when === undefined) return []
  if (typeof when === 'object' && when !== null && !Array.isArray(when)) return compileConditions(when, place)
  if (typeof when !== 'function') return fail(place, 'expected paths with comparisons, or a function', when)
  const ask = when as (request: EvaluationRequest) => unknown
  return [
    request => {
      const answer = ask(request)
      if (typeof answer === 'boolean') return answer
      const promised = isPromiseLike(answer)
      if (promised) forget(answer)
      const got = promised ? 'a promise (a rule cannot wait; use an evaluator)' : typeof answer
      throw new GovernanceError('evaluation-failed', `rule "${rule.id}" answered with ${got}, expected true or false`)
    },
  ]
}

function compileTimes(rule: Rule, place: Place): Condition[] {
  const conditions: Condition[] = []
  if (rule.during !== undefined) {
    const within = compileHours(rule.during, place.in('during'))
    conditions.push(request => within(request.at))
  }
  if (rule.outside !== undefined) {
    const within = compileHours(rule.outside, place.in('outside'))
    conditions.push(request => !within(request.at))
  }
  return conditions
}

function defaultReason(rule: Rule): string {
  const { limit } = rule
  if (limit === undefined) return `rule ${rule.id}`
  const what = limit.count === undefined ? `${limit.sum} in all` : 'calls'
  return `over the limit of ${limit.max} ${what} per ${limit.per} in ${limit.window}`
}
