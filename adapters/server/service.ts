import type { Clock, Governor, Store } from 'countersign'

/** What answers the requests of one tenant. */
export interface Service {
  /** As this tenant sees it. */
  readonly governor: Governor
  readonly store: Store
  readonly tenant: string | undefined
  readonly clock: Clock
}
