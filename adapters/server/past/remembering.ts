import type { Clock, DocumentStore, Governor } from 'countersign'
import { breakdown, reliability, report } from '../../../src/learn/insight/calibration.js'
import { context } from '../../../src/learn/insight/context.js'
import { drift } from '../../../src/learn/insight/drift.js'
import { feedback } from '../../../src/learn/insight/feedback.js'
import { history as historyOf } from '../../../src/learn/insight/history.js'
import { quality } from '../../../src/learn/insight/quality.js'
import type { OutcomeMeanings } from '../../../src/learn/insight/label.js'
import type { InsightStore } from '../../../src/learn/insight/walk.js'
import type { History } from './history.js'
import { wholePast } from './whole-past.js'

/** What a governor's figures are made from here. */
interface RememberingParts {
  readonly history: History
  readonly store: Pick<DocumentStore, 'listDecisions'>
  /** @defaultValue the history alone */
  readonly figures?: InsightStore
  readonly clock: Clock
  readonly meanings: OutcomeMeanings
  /** Whose records are seen: a tenant's, those of none (`null`), or all. */
  readonly sees: string | null | undefined
}

/** A governor whose figures of the past are made from what is in memory, instead of from the store each time. */
export function remembering(governor: Governor, parts: RememberingParts): Governor {
  const { history, store, figures = history, clock, meanings, sees } = parts
  const source = { store: figures, meanings }
  const whole = { store: wholePast(history, store) }
  const own = <T extends object>(filter: T | undefined): T =>
    ({ ...filter, ...(sees !== undefined && { tenant: sees }) }) as T
  return {
    ...governor,
    outcomes: { quality: async filter => quality(source, own(filter)) },
    calibration: {
      report: async filter => report(source, own(filter)),
      reliability: async filter => reliability(source, own(filter)),
      drift: async filter => drift(source, clock.now(), own(filter)),
      breakdown: async filter => breakdown(source, own(filter)),
      history: async filter => historyOf(source, clock.now(), own(filter)),
      feedback: async filter => feedback(source, own(filter)),
    },
    memory: { ...governor.memory, context: async filter => context(whole, clock.now(), own(filter)) },
  }
}

/** Likewise a governor that sees all tenants, with all of its sessions, each as its tenant sees it: also of what memory no longer holds. */
export function rememberingAll(governor: Governor, parts: Omit<RememberingParts, 'sees'>): Governor {
  const past = { ...parts, figures: wholePast(parts.history, parts.store) }
  return {
    ...remembering(governor, { ...past, sees: undefined }),
    session: scope => remembering(governor.session(scope), { ...past, sees: scope.tenant }),
  }
}
