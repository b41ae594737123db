import type { Case } from './case.js'
import { numberOf, textOf } from './sent.js'
import type { Likeness } from './similar.js'

/** What clients send where they mean no one in particular. */
const ANYBODY = 'AI_AGENT'
/** How much of a likeness each name is, before what the question leaves open is left out. */
const WEIGHTS = { tool: 0.5, domain: 0.2, actor: 0.1, target: 0.1, value: 0.1 } as const

/**
 * What a known call has of what a question names, each with its share of all that is named; they add up to 1 where all of it is the
 * same. A call of another tool has nothing of it. `value` counts by how near it is.
 */
export function sameness(known: Case, like: Likeness): readonly { readonly of: string; readonly share: number }[] {
  const [tool, action] = [textOf(like.tool), textOf(like.action) ?? textOf(like.action_type)]
  if ((tool ?? known.tool) !== known.tool || (action ?? known.action) !== known.action) return []
  const named = [
    { of: 'tool', is: tool === undefined && action === undefined ? undefined : 1 },
    { of: 'domain', is: agrees(textOf(like.domain), known.domain) },
    { of: 'actor', is: like.actor === ANYBODY ? undefined : agrees(textOf(like.actor), known.actor) },
    { of: 'target', is: agrees(textOf(like.target), known.target) },
    { of: 'value', is: numberOf(like.value) === undefined ? undefined : nearness(numberOf(like.value), known.value) },
  ].flatMap(({ of, is }) => (is === undefined ? [] : [{ of, is, weight: WEIGHTS[of as keyof typeof WEIGHTS] }]))
  const whole = named.reduce((sum, { weight }) => sum + weight, 0)
  return named.flatMap(({ of, is, weight }) => (is === 0 ? [] : [{ of, share: (is * weight) / whole }]))
}

/** One less the difference of two values as a share of the larger; 0 where either is not known. */
export function nearness(asked: number | undefined, value: number | undefined): number {
  if (asked === undefined || value === undefined) return 0
  const larger = Math.max(Math.abs(asked), Math.abs(value))
  return larger === 0 ? 1 : Math.max(0, 1 - Math.abs(asked - value) / larger)
}

function agrees(asked: string | undefined, value: string | undefined): 0 | 1 | undefined {
  if (asked === undefined) return undefined
  return asked === value ? 1 : 0
}
