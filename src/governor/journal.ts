import { chain, type Clock, isPromiseLike } from '../ambient.js'
import { inTime } from '../enforce/deadline.js'
import type { AuditLog } from '../report/audit/audit-log.js'
import type { Courier } from '../report/courier.js'
import type { Commit, CommitResult, OutboxItem, Store } from '../store/store.js'
import type { Awaitable } from '../types.js'
import type { Wakeups } from '../wakeups.js'

/** What writing needs of a governor. */
export interface JournalParts {
  readonly store: Store
  readonly clock: Clock
  readonly deadlineMs: number
  readonly wakeups: Wakeups
  readonly audit: AuditLog | undefined
  /** Takes what is to be told to others. */
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
    const { outbox } = commit
    return outbox === undefined ? this.#write(commit) : this.#writeTold(commit, outbox)
  }

  #write(commit: Commit): Awaitable<CommitResult> {
    const { store, clock, deadlineMs, wakeups, audit } = this.#parts
    return chain(audit?.of(commit), batch =>
      chain(
        inTime(store.commit(batch === undefined ? commit : { ...commit, audit: batch }), deadlineMs, clock),
        result => {
          if (result.committed && commit.approval !== undefined) wakeups.wake(commit.approval.id)
          return result
        },
      ),
    )
  }

  /** Others are told all the same of what the store did not take: it has happened. */
  #writeTold(commit: Commit, outbox: readonly OutboxItem[]): Awaitable<CommitResult> {
    const { courier } = this.#parts
    const told = (result: CommitResult): CommitResult => {
      if (result.committed) courier?.nudge(outbox.length)
      return result
    }
    const failed = (error: unknown): never => {
      courier?.keep(outbox)
      throw error
    }
    try {
      const writing = this.#write(commit)
      return isPromiseLike(writing) ? writing.then(told, failed) : told(writing)
    } catch (error) {
      return failed(error)
    }
  }
}
