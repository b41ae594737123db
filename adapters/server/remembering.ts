import type { Clock, Governor } from 'countersign'
import type { OutcomeMeanings } from '../../src/learn/insight/label.js'
import type { History } from './history.js'

/** What a governor's figures are made from here. */
interface RememberingParts {
  readonly history: History
  readonly clock: Clock
  readonly meanings: OutcomeMeanings
  /** Whose records are seen: a tenant's, those of none (`null`), or all. */
  readonly sees: string | null | undefined
}

/** A governor whose figures of the past are made from what is in memory, instead of from the store each time. */
export function remembering(governor: Governor, { history, clock, meanings, sees }: RememberingParts): Governor {
  const source = { store: history, meanings }
  const own = <T extends object>(filter: T | undefined): T =>
    ({ ...filter, ...(sees !== undefined && { tenant: sees }) }) as T
  return {
    ...governor,
    calibration: {
      report: async filter => (await workings()).report(source, own(filter)),
      reliability: async filter => (await workings()).reliability(source, own(filter)),
      drift: async filter => (await workings()).drift(source, clock.now(), own(filter)),
      breakdown: async filter => (await workings()).breakdown(source, own(filter)),
      history: async filter => (await workings()).history(source, clock.now(), own(filter)),
      feedback: async filter => (await workings()).feedback(source, own(filter)),
    },
  }
}

const workings = () => import('../../src/governor/later.js')
