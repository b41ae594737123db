import type { Clock, DocumentStore, Governor } from 'countersign'

/** What answers the requests of one tenant. */
export interface Service {
  /** As this tenant sees it. */
  readonly governor: Governor
  readonly store: DocumentStore
  readonly tenant: string | undefined
  readonly clock: Clock
  /** Words that outcomes may be reported with. */
  readonly statuses: readonly string[]
}
