import { chain, type Clock, isPromiseLike } from '../../ambient.js'
import { inTime } from '../../enforce/deadline.js'
import { stops } from '../../evaluate/local.js'
import type { Policy } from '../../evaluate/policy.js'
import { policyNow, type PolicySource } from '../../evaluate/policy-source.js'
import type { Store } from '../../store/store.js'
import type { Awaitable, EvaluationRequest, KillSwitch } from '../../types.js'

/** What asking for switches needs of a governor. */
export interface SwitchParts {
  readonly store: Pick<Store, 'killSwitches'>
  readonly policy: Policy | PolicySource
  readonly deadlineMs: number
  readonly clock: Clock
}

/** Whether a switch thrown since a call was decided on stops it. Switches that cannot be read stop it too: it is decided anew. */
export function isStopped(
  { store, policy, deadlineMs, clock }: SwitchParts,
  request: EvaluationRequest,
): Awaitable<boolean> {
  const check = (switches: readonly KillSwitch[]): Awaitable<boolean> => {
    if (switches.length === 0) return false
    const stopsNow = (now: Policy): boolean => switches.some(item => stops(item, request, now))
    if ('rulesAbout' in policy) return stopsNow(policy)
    return chain(inTime(policyNow(policy, request.session.tenant), deadlineMs, clock), stopsNow)
  }
  try {
    const switches = inTime(store.killSwitches(), deadlineMs, clock)
    const stopped = isPromiseLike(switches) ? switches.then(check) : check(switches)
    return isPromiseLike(stopped) ? stopped.then(undefined, () => true) : stopped
  } catch {
    return true
  }
}
