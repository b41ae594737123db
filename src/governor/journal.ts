import { chain, type Clock } from '../ambient.js'
import { inTime } from '../enforce/deadline.js'
import type { AuditLog } from '../report/audit/audit-log.js'
import type { Courier } from '../report/courier.js'
import type { Commit, CommitResult, Store } from '../store/store.js'
import type { Awaitable } from '../types.js'
import type { Wakeups } from '../wakeups.js'
import type { Learning } from './learning/learning.js'

/** What writing needs of a governor. */
export interface JournalParts {
  readonly store: Store
  readonly clock: Clock
  readonly deadlineMs: number
  readonly wakeups: Wakeups
  readonly audit: AuditLog | undefined
  readonly learning: Learning | undefined
  /** Takes to others what is committed for them. */
  readonly courier: Courier | undefined
}

/** The one way in which a governor writes: with the audit log in the same transaction, in time, and waking whoever waits for it. */
export class Journal {
  readonly #parts: JournalParts

  constructor(parts: JournalParts) {
    this.#parts = parts
  }

  /** @throws what the store throws; GovernanceError `evaluation-failed` when it takes too long */
  commit(commit: Commit): Awaitable<CommitResult> {
    const { store, clock, deadlineMs, wakeups, audit, courier, learning } = this.#parts
    const taught = learning?.taught(commit) ?? commit
    return chain(audit?.of(commit), batch =>
      chain(
        inTime(store.commit(batch === undefined ? taught : { ...taught, audit: batch }), deadlineMs, clock),
        result => {
          if (!result.committed) return result
          if (taught.lessons !== undefined) learning?.nudge()
          if (commit.approval !== undefined) wakeups.wake(commit.approval.id)
          if (commit.outbox !== undefined) courier?.nudge(commit.outbox.length)
          return result
        },
      ),
    )
  }
}
