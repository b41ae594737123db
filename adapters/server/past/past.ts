import type { Decision, DecisionFilter, DecisionRecord, Outcome } from 'countersign'
import type { Label } from '../../../src/learn/insight/label.js'
import { KEY_NAMES } from '../knowledge/key-names.js'
import type { Shared } from './shared.js'

/**
 * A decision as figures and lists need it: of its metadata only the names it goes by elsewhere, of what was learnt from its values
 * only that something was, and without the words of its outcomes.
 */
export interface Past {
  readonly record: DecisionRecord
  /** What it turned out to be; nothing where nobody said. */
  readonly label: Label | undefined
}

/** Whose decisions, and which. A `tenant` of `null`: only what belongs to no tenant; all tenants' when absent. */
export type PastFilter = {
  readonly [NAME in 'tenant' | 'tool' | 'actor' | 'result' | 'hasOutcome' | 'since']?: DecisionFilter[NAME] | undefined
}

/** Whether a filter lets a decision through, as that of a store does. */
export function isPastWanted(record: DecisionRecord, filter: PastFilter): boolean {
  const { tenant, tool, actor, result, hasOutcome, since } = filter
  return (
    (tenant === undefined || (record.tenant ?? null) === tenant) &&
    (tool === undefined || record.tool === tool) &&
    (actor === undefined || record.actor === actor) &&
    (result === undefined || record.result === result) &&
    (hasOutcome === undefined || record.outcomes.length > 0 === hasOutcome) &&
    (since === undefined || record.at >= since)
  )
}

/** A decision without what no figure is made of, and no list goes by. @param shared what it has in common with others */
export function slim(record: DecisionRecord, shared: Shared): DecisionRecord {
  const { metadata, service: _service, learned, outcomes, execution, ...rest } = record
  const { id } = record
  const names = metadata === undefined ? [] : namesIn(metadata)
  const called = names.length === 0 ? {} : { metadata: Object.fromEntries(names) }
  return {
    ...shared.record(rest),
    ...called,
    ...(execution && { execution: { ...execution, decisionId: id } }),
    ...(learned && { learned: withoutView(learned) }),
    outcomes: outcomes.length === 0 ? NONE : outcomes.map(outcome => withoutWords(outcome, id)),
  }
}

const NONE: readonly Outcome[] = []

function namesIn(metadata: NonNullable<Decision['metadata']>): readonly (readonly [string, string])[] {
  return KEY_NAMES.flatMap(name => {
    const value = metadata[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
}

/** That there was a view says that it is learnt from: it is empty here. */
function withoutView({ view, precedents: _precedents, ...learned }: NonNullable<Decision['learned']>) {
  return view === undefined ? learned : { ...learned, view: '' }
}

/** @param decisionId the same text as the decision's own */
function withoutWords(
  { description: _description, details: _details, actualImpact: _impact, ...outcome }: Outcome,
  decisionId: string,
): Outcome {
  return { ...outcome, decisionId }
}
