import type { Precedent, ToolCall } from 'countersign'
import { newId, present } from '../../../src/ambient.js'
import type { Service } from '../service.js'
import { type Case, caseOfDecision } from './case.js'
import { decidedOf } from './decided.js'
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
  const { governor, clock } = service
  const action = textOf(like.action) ?? textOf(like.action_type)
  const name = textOf(like.tool) ?? action ?? ''
  const about = present({ value: numberOf(like.value), target: textOf(like.target) })
  const isBare = !isGiven(like.arguments)
  // A question about an action without arguments is decided on what it says instead, likewise.
  const call: ToolCall = { id: newId(clock.now()), name, input: isBare ? about : like.arguments }
  const who = present({ actor: textOf(like.actor), domain: textOf(like.domain) })
  const most = isBare ? Math.max(limit, POOL) : limit
  const found = await governor.precedents(call, { ...who, profile: { ...present({ action }), ...about }, limit: most })
  const similar = await Promise.all(
    found.map(async (precedent): Promise<Similar> => {
      const decided = await decidedOf(service, precedent.id)
      return Object.assign({ known: decided && caseOfDecision(decided) }, precedent)
    }),
  )
  if (!isBare) return similar
  return similar
    .map(one => Object.assign(one, likened(one, like)))
    .toSorted((a, b) => b.similarity - a.similarity)
    .slice(0, limit)
}

function likened({ known, similarity }: Similar, like: Likeness): Pick<Similar, 'similarity' | 'reasons'> | undefined {
  const same = known === undefined ? [] : sameness(known, like)
  const share = same.reduce((sum, reason) => sum + reason.share, 0)
  return share > similarity ? { similarity: share, reasons: same } : undefined
}
