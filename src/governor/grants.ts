import type { Clock } from '../ambient.js'
import type { Grant } from '../approval.js'
import { expect } from '../check.js'
import { revoke } from '../enforce/approval/grant.js'
import { GovernanceError } from '../errors.js'
import type { Store } from '../store/store.js'
import type { Governor } from './governor.js'
import type { Journal } from './journal.js'

/** What control over grants needs of a governor. */
export interface GrantParts {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly tenant: string | undefined
  readonly changed: (grant: Grant) => void
}

/** The grants of a store, as one scope sees them. */
export function grantControl({ store, journal, clock, tenant, changed }: GrantParts): Governor['grants'] {
  return {
    list: async (filter = {}) => store.listGrants(tenant === undefined ? filter : { ...filter, tenant }),
    revoke: async (id, options) => {
      expect(typeof options?.by === 'string' && options.by !== '', 'revoke.by', 'the name of who revokes')
      for (;;) {
        const grant = await store.getGrant(id)
        if (grant === undefined || (tenant !== undefined && grant.tenant !== tenant)) {
          throw new GovernanceError('not-found', `grants.revoke: there is no grant "${id}".`)
        }
        const at = clock.now()
        const revoked = revoke(grant, options.by, at)
        const { committed } = await journal.commit({ at, grant: revoked })
        if (!committed) continue
        changed(revoked)
        return revoked
      }
    },
  }
}
