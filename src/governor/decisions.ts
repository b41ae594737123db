import { type Clock, newId } from '../ambient.js'
import { GovernanceError } from '../errors.js'
import type { EventBody } from '../report/events.js'
import { type OutcomeReport, writeOutcome } from '../report/outcome.js'
import type { Store } from '../store/store.js'
import type { Decision, DecisionRecord, Outcome } from '../types.js'
import type { Governor } from './governor.js'
import type { Journal } from './journal.js'
import type { News } from './news.js'

/** What reading decisions, and reporting on them, needs of a governor. */
export interface DecisionParts {
  readonly store: Store
  readonly journal: Journal
  readonly news: News
  readonly clock: Clock
  /** The tenant whose decisions these are; all tenants' when absent. */
  readonly tenant: string | undefined
  /** Told of what becomes of a decision. */
  readonly tell: (decision: Decision, body: EventBody) => void
}

/** The decisions of a store, as one scope sees them. */
export function decisionControl({ store, tenant }: Pick<DecisionParts, 'store' | 'tenant'>): Governor['decisions'] {
  return {
    get: async id => {
      const record = await store.getDecision(id)
      return tenant === undefined || record?.tenant === tenant ? record : undefined
    },
    list: async (filter = {}) => store.listDecisions(tenant === undefined ? filter : { ...filter, tenant }),
  }
}

/** Takes down what the world answered about the decisions of one scope: of several, all that can be. */
export function outcomeReport(parts: DecisionParts): Governor['reportOutcome'] {
  const { clock } = parts
  const decisions = decisionControl(parts)
  const check = (report: OutcomeReport): Outcome => writeOutcome(report, newId(clock.now()), clock.now())
  return async reports => {
    const list = isList(reports) ? reports : [reports]
    // Nothing is taken down where something is wrong with one of them.
    const outcomes = list.map(check)
    const found = await Promise.all(
      outcomes.map(({ decisionId }) => stored(parts, (async () => decisions.get(decisionId))())),
    )
    const missing = found.indexOf(undefined)
    if (missing >= 0) {
      const id = outcomes[missing]?.decisionId
      throw new GovernanceError('not-found', `reportOutcome: there is no decision "${id}".`)
    }
    for (const [index, outcome] of outcomes.entries()) await takeDown(parts, found[index] as DecisionRecord, outcome)
  }
}

async function takeDown(parts: DecisionParts, decision: DecisionRecord, outcome: Outcome): Promise<void> {
  const { journal, news, tell } = parts
  const commit = { at: outcome.at, outcome, ...news.ofOutcome(decision, outcome) }
  await stored(parts, (async () => journal.commit(commit))())
  tell(decision, { type: 'outcome-reported', outcome })
}

async function stored<T>({ store }: Pick<DecisionParts, 'store'>, work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw new GovernanceError('store-failed', `reportOutcome: the ${store.name} store failed.`, { cause })
  })
}

function isList(reports: OutcomeReport | readonly OutcomeReport[]): reports is readonly OutcomeReport[] {
  return Array.isArray(reports)
}
