import type { Clock } from '../ambient.js'
import { expect } from '../check.js'
import { GovernanceError } from '../errors.js'
import type { Governor } from './governor.js'
import type { Journal } from './journal.js'
import type { Learning } from './learning/learning.js'

/** What speaking of autonomy needs of a governor. */
export interface AutonomyParts {
  readonly learning: Learning | undefined
  readonly journal: Journal
  readonly clock: Clock
  readonly tenant: string | undefined
}

/** What one scope may know, and say, of what is let through unasked. */
export function autonomyControl({ learning, journal, clock, tenant }: AutonomyParts): Governor['autonomy'] {
  const say = async (of: string, by: string, vetoed: boolean): Promise<void> => {
    expect(typeof of === 'string' && of !== '', 'autonomy', 'the ids of the rules that ask, as `report` names them')
    expect(typeof by === 'string' && by !== '', 'autonomy.by', 'a name')
    if (learning === undefined) throw new GovernanceError('not-found', 'autonomy: learning is not switched on.')
    const lesson = learning.vetoed(tenant, { autonomyOf: of, vetoed, by })
    await journal.commit({ at: clock.now(), lessons: [lesson] })
    await learning.autonomy(tenant)
  }
  return {
    report: async () => learning?.autonomy(tenant) ?? {},
    veto: (of, { by }) => say(of, by, true),
    restore: (of, { by }) => say(of, by, false),
  }
}
