import { type Clock, isPromiseLike } from '../../ambient.js'
import { inTime } from '../../enforce/deadline.js'
import { stops } from '../../evaluate/local.js'
import type { Store } from '../../store/store.js'
import type { Awaitable, EvaluationRequest, KillSwitch } from '../../types.js'

/** What asking for switches needs of a governor. */
export interface SwitchParts {
  readonly store: Pick<Store, 'killSwitches'>
  readonly deadlineMs: number
  readonly clock: Clock
}

/** Whether a switch thrown since a call was decided on stops it. Switches that cannot be read stop it too: it is decided anew. */
export function isStopped({ store, deadlineMs, clock }: SwitchParts, request: EvaluationRequest): Awaitable<boolean> {
  const check = (switches: readonly KillSwitch[]): boolean => switches.some(item => stops(item, request))
  try {
    const switches = inTime(store.killSwitches(), deadlineMs, clock)
    return isPromiseLike(switches) ? switches.then(check).then(undefined, () => true) : check(switches)
  } catch {
    return true
  }
}
