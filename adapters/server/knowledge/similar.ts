import type { Precedent, ToolCall } from 'countersign'
import { newId, present } from '../../../src/ambient.js'
import type { Service } from '../service.js'
import { type Case, caseOfDecision } from './case.js'
import { decidedOf } from './decided.js'
import { numberOf, textOf } from './sent.js'

/** What is known of a call that others are to be like; whatever was sent. */
export type Likeness = Readonly<
  Partial<Record<'tool' | 'action' | 'action_type' | 'actor' | 'domain' | 'value' | 'target' | 'arguments', unknown>>
>

/** A decided call like the one asked about. */
export interface Similar extends Precedent {
  /** Nothing, where the decision was forgotten since. */
  readonly known: Case | undefined
}

/** The decided calls most like one, best first. Nothing where learning is not switched on. */
export async function similarTo(service: Service, like: Likeness, limit: number): Promise<readonly Similar[]> {
  const { governor, clock } = service
  const action = textOf(like.action) ?? textOf(like.action_type)
  const name = textOf(like.tool) ?? action ?? ''
  const call: ToolCall = { id: newId(clock.now()), name, input: like.arguments ?? {} }
  const profile = present({ action, value: numberOf(like.value), target: textOf(like.target) })
  const who = present({ actor: textOf(like.actor), domain: textOf(like.domain) })
  const found = await governor.precedents(call, { ...who, profile, limit })
  return Promise.all(
    found.map(async precedent => {
      const decided = await decidedOf(service, precedent.id)
      return Object.assign({ known: decided && caseOfDecision(decided) }, precedent)
    }),
  )
}
