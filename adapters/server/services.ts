import type { Governor } from 'countersign'
import type { Principal } from './auth/principal.js'
import { ofNoTenant } from './of-no-tenant.js'
import { remembering } from './past/remembering.js'
import type { Service } from './service.js'
import { SessionHealth } from './session-health.js'

/** By whom a service is seen. */
type Seen = Pick<Principal, 'tenant' | 'role'>

/** What all services of a server have in common. */
type Common = Omit<Service, 'governor' | 'tenant' | 'sees' | 'sessions'>

const NOBODY: Seen = { role: 'agent' }

/** What answers requests, as each tenant sees it, made when it is first asked for. */
export function servicesOver(governor: Governor, common: Common): (seen: Seen | undefined) => Service {
  const { store, clock, history, outcomes: meanings } = common
  const governorOf = ({ tenant, role }: Seen): Governor => {
    if (tenant !== undefined) return governor.session({ tenant })
    return role === 'approver' ? governor : ofNoTenant(governor)
  }
  const services = new Map<string, Service>()
  return (seen = NOBODY) => {
    const { tenant } = seen
    const name = tenant === undefined ? seen.role : `of ${tenant}`
    const known = services.get(name)
    if (known !== undefined) return known
    const sees = tenant ?? (seen.role === 'approver' ? undefined : null)
    const service: Service = {
      ...common,
      governor: remembering(governorOf(seen), { history, store, clock, meanings, sees }),
      tenant,
      sees,
      sessions: new SessionHealth({ store, clock, tenant }),
    }
    services.set(name, service)
    return service
  }
}
