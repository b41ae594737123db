import type { AuditBatch } from 'countersign'
import { append, lockHead } from './audit.js'
import type { Database } from './database.js'
import type { Session } from './session.js'

/** Does something, and where that `counts`, appends what the audit log says of it, in one transaction. */
export function withAudit<T>(
  database: Database,
  log: string,
  batch: AuditBatch | undefined,
  work: (session: Session) => Promise<T>,
  counts: (value: T) => boolean = () => true,
): Promise<T> {
  if (batch === undefined) return work(database)
  return database.transaction(async session => {
    const head = await lockHead(session, log)
    const value = await work(session)
    if (counts(value)) await append(session, log, head, Date.now(), batch)
    return value
  })
}
