import type { Policy } from '../../evaluate/policy.js'
import type { Rule } from '../../evaluate/rule.js'
import type { Finding } from '../../types.js'
import type { Rooms } from './candidates.js'

/** What stands in the way of a call that no change of its input is known to move, in words: nothing where no rule says more than it did. */
export function obstaclesOf(policy: Policy, findings: readonly Finding[], rooms: Rooms): string | undefined {
  const written = new Map(policy.rules.map(rule => [rule.id, rule]))
  const known = findings
    .filter(({ effect }) => effect !== 'allow')
    .flatMap(({ rule: id }) => {
      const rule = written.get(id)
      return (rule && obstacle(rule, rooms)) ?? []
    })
  return known.length === 0 ? undefined : `No other form of the call is offered: ${known.join('; ')}.`
}

function obstacle({ id, when, limit }: Rule, rooms: Rooms): string | undefined {
  if (limit?.count !== undefined)
    return `rule ${id} counts calls, and has no room for another one in ${span(limit.window)}`
  if (limit?.sum !== undefined && (rooms.get(id) ?? 0) <= 0)
    return `the limit of rule ${id} is used up for ${span(limit.window)}`
  return typeof when === 'function' ? `what rule ${id} would allow is code, and cannot be read from it` : undefined
}

function span(window: string | number): string {
  return typeof window === 'number' ? `${window / 1000} s` : window
}
