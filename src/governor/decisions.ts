import { type Clock, newId } from '../ambient.js'
import { GovernanceError } from '../errors.js'
import type { EventBody } from '../report/events.js'
import { writeOutcome } from '../report/outcome.js'
import type { Store } from '../store/store.js'
import type { Decision } from '../types.js'
import type { Governor } from './governor.js'
import type { Journal } from './journal.js'

/** What reading decisions, and reporting on them, needs of a governor. */
export interface DecisionParts {
  readonly store: Store
  readonly journal: Journal
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

/** Takes down what the world answered about the decisions of one scope. */
export function outcomeReport(parts: DecisionParts): Governor['reportOutcome'] {
  const { store, journal, clock, tell } = parts
  const decisions = decisionControl(parts)
  const stored = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause: unknown) => {
      throw new GovernanceError('store-failed', `reportOutcome: the ${store.name} store failed.`, { cause })
    })
  return async report => {
    const at = clock.now()
    const outcome = writeOutcome(report, newId(at), at)
    const decision = await stored(decisions.get(report.decisionId))
    if (decision === undefined) {
      throw new GovernanceError('not-found', `reportOutcome: there is no decision "${report.decisionId}".`)
    }
    await stored((async () => journal.commit({ at, outcome }))())
    tell(decision, { type: 'outcome-reported', outcome })
  }
}
