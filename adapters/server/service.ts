import type { Clock, DocumentStore, Governor } from 'countersign'
import type { History } from './past/history.js'
import type { SessionHealth } from './session-health.js'
import type { ChangeLog } from './audit/changes.js'
import type { OutcomeMeanings } from '../../src/learn/insight/label.js'

/** What answers the requests of one tenant. */
export interface Service {
  /** As this tenant sees it. */
  readonly governor: Governor
  readonly store: DocumentStore
  /** What of changes is appended to the audit log. */
  readonly changes: ChangeLog
  readonly tenant: string | undefined
  readonly clock: Clock
  /** What became of decisions, of all tenants: look at it as `sees` says. */
  readonly history: History
  /** Whose records are seen: a tenant's, those of none (`null`), or all. */
  readonly sees: string | null | undefined
  /** How the sessions of the tenant go. */
  readonly sessions: SessionHealth
  /** Whether it learns: whoever asks for precedents is told, where it does not. */
  readonly learns: boolean
  /** What words of outcomes say of a decision. */
  readonly outcomes: OutcomeMeanings
  /** Words that outcomes may be reported with. */
  readonly statuses: readonly string[]
  /** Hears of what went wrong in the background. */
  readonly onError: (error: unknown) => void
}
