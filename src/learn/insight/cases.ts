import type { DecisionRecord } from '../../types.js'
import type { Coverage, InsightFilter } from './filter.js'
import { type Label, labelOf, type OutcomeMeanings } from './label.js'
import { type InsightStore, walk } from './walk.js'

/** What insight is made from. */
export interface InsightSource {
  readonly store: InsightStore
  /** What words of outcomes mean. */
  readonly meanings: OutcomeMeanings
}

/** A decision with the risk that was stated for it, and what it turned out to be. */
export interface ScoredCase {
  readonly record: DecisionRecord
  readonly risk: number
  readonly label: Label | undefined
}

/** What is known of how decisions turned out. */
export interface LabelCounts {
  readonly good: number
  readonly bad: number
  /** Decisions of which nobody said how they turned out. */
  readonly unlabelled: number
  /** Whose word the labels are. */
  readonly fromOutcomes: number
  readonly fromResolutions: number
  /** Labels that somebody had said the opposite of: a report that was corrected, an answer that the world overruled. */
  readonly contradicted: number
}

/** Counts labels of one kind after the other. */
export class LabelTally {
  readonly #counts = { good: 0, bad: 0, unlabelled: 0, fromOutcomes: 0, fromResolutions: 0, contradicted: 0 }

  add(label: Label | undefined): void {
    const counts = this.#counts
    counts[label?.kind ?? 'unlabelled']++
    if (label === undefined) return
    counts[label.source === 'outcome' ? 'fromOutcomes' : 'fromResolutions']++
    if (label.contradictions > 0) counts.contradicted++
  }

  get counts(): LabelCounts {
    return { ...this.#counts }
  }
}

/** Reads the decisions for which a risk was stated. */
export async function scoredCases(
  { store, meanings }: InsightSource,
  filter: InsightFilter,
  visit: (scored: ScoredCase) => void,
): Promise<Coverage> {
  return walk(store, filter, (record, approval) => {
    const { riskScore: risk } = record
    if (risk !== undefined) visit({ record, risk, label: labelOf(record, approval, meanings) })
  })
}
