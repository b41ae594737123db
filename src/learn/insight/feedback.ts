import { present } from '../../ambient.js'
import { type InsightSource, type ScoredCase, scoredCases } from './cases.js'
import { checkFilter, type Coverage, type InsightFilter } from './filter.js'
import type { Label } from './label.js'

const USUAL_LIMIT = 20
const MOST = 1000

/** A decision whose risk was far from what came of it. */
export interface Miss {
  readonly decisionId: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly tool: string
  readonly actor: string
  readonly domain?: string
  readonly risk: number
  readonly label: Label['kind']
  readonly source: Label['source']
  /** |risk − label|, the label being 1 where it turned out bad. */
  readonly error: number
}

/** Where the risks were most wrong. */
export interface CalibrationFeedback extends Coverage {
  /** Little risk, and it turned out bad; the worst first. */
  readonly missed: readonly Miss[]
  /** Much risk, and it turned out good; the worst first. */
  readonly overcautious: readonly Miss[]
}

/** The worst misses of each kind. `limit`: how many of each, 20 unless said otherwise. */
export async function feedback(
  source: InsightSource,
  filter: InsightFilter & { readonly limit?: number } = {},
): Promise<CalibrationFeedback> {
  checkFilter(filter, 'calibration.feedback', { limit: [1, MOST] })
  const limit = Math.floor(filter.limit ?? USUAL_LIMIT)
  const worst = { good: new Worst(limit), bad: new Worst(limit) }
  const coverage = await scoredCases(source, filter, scored => {
    if (scored.label !== undefined) worst[scored.label.kind].add(missOf(scored, scored.label))
  })
  return { ...coverage, missed: worst.bad.list(), overcautious: worst.good.list() }
}

/** The few worst of many. */
class Worst {
  readonly #limit: number
  #misses: Miss[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  add(miss: Miss): void {
    this.#misses.push(miss)
    // Sorted now and then: a sort for each would cost more than it keeps.
    if (this.#misses.length >= 2 * this.#limit) this.#misses = this.list()
  }

  list(): Miss[] {
    return this.#misses
      .toSorted((a, b) => b.error - a.error || b.at - a.at || (a.decisionId < b.decisionId ? 1 : -1))
      .slice(0, this.#limit)
  }
}

function missOf({ record: { id, at, tool, actor, domain }, risk }: ScoredCase, { kind, source }: Label): Miss {
  const error = kind === 'bad' ? 1 - risk : risk
  return { decisionId: id, at, tool, actor, ...present({ domain }), risk, label: kind, source, error }
}
