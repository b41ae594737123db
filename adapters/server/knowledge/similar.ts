import type { CallScope, Precedent, ToolCall } from 'countersign'
import { newId, present } from '../../../src/ambient.js'
import type { Service } from '../service.js'
import { type Case, caseOf } from './case.js'
import { sameness } from './sameness.js'
import { isGiven, numberOf, textOf } from './sent.js'

/** What is known of a call that others are to be like; whatever was sent. */
export type Likeness = Readonly<
  Partial<Record<'tool' | 'action' | 'action_type' | 'actor' | 'domain' | 'value' | 'target' | 'arguments', unknown>>
>

/** A decided call like the one asked about. */
export interface Similar extends Precedent {
  /** Nothing, where the decision was forgotten since. */
  readonly known: Case | undefined
}

/** Candidates of a question without arguments: they are put in order anew. */
const POOL = 200

/**
 * The decided calls most like one, best first. Nothing where learning is not switched on. Of a question without arguments, a call is as
 * similar as what the question names is the same ({@link sameness}), if that is more: to name little is no difference.
 */
export async function similarTo(service: Service, like: Likeness, limit: number): Promise<readonly Similar[]> {
  const isBare = !isGiven(like.arguments)
  const { call, scope } = callLike(service, like)
  const found = await service.governor.precedents(call, { ...scope, limit: isBare ? Math.max(limit, POOL) : limit })
  const similar = await Promise.all(
    found.map(async (precedent): Promise<Similar> =>
      Object.assign({ known: await caseOf(service, precedent.id) }, precedent),
    ),
  )
  if (!isBare) return similar
  return similar
    .map(one => Object.assign(one, likened(one, like)))
    .toSorted((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
}

/** The call that is meant. One without arguments consists of what is said of it instead, as it does where it is decided on. */
export function callLike({ clock }: Pick<Service, 'clock'>, like: Likeness): { call: ToolCall; scope: CallScope } {
  const action = textOf(like.action) ?? textOf(like.action_type)
  const about = present({ value: numberOf(like.value), target: textOf(like.target) })
  const who = present({ actor: textOf(like.actor), domain: textOf(like.domain) })
  const input = isGiven(like.arguments) ? like.arguments : about
  const call = { id: newId(clock.now()), name: textOf(like.tool) ?? action ?? '', input }
  return { call, scope: { ...who, profile: { ...present({ action }), ...about } } }
}

function likened({ known, similarity }: Similar, like: Likeness): Pick<Similar, 'similarity' | 'reasons'> | undefined {
  const same = known === undefined ? [] : sameness(known, like)
  const share = same.reduce((sum, reason) => sum + reason.share, 0)
  return share > similarity ? { similarity: share, reasons: same } : undefined
}
