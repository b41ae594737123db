import { type Awaitable, type AuditBatch, type Erasure, eraseFields, erasePersonal } from 'countersign'
import { approvalRow } from './approvals.js'
import { auditBatch } from './audit.js'
import type { Connection } from './connection.js'

/** Forgets fields wherever they are stored, and then rids the log of SQLite of the pages they were on. */
export function eraseFrom(connection: Connection, { decisionId, fields }: Erasure, batch: AuditBatch): Awaitable<void> {
  const { writer, decisions, approvals, receipts, audit, truncateLog } = connection
  const names = [...fields]
  const added = auditBatch(batch)
  const erased = writer.transaction(() => {
    const sessionId = decisions.get(decisionId)?.sessionId
    decisions.change(decisionId, record => eraseFields(record, names))
    for (const approval of approvals.ofDecision(decisionId)) {
      // It counts as a write: whoever is about to write what it was before would undo it.
      approvals.put(approvalRow({ ...eraseFields(approval, names), revision: approval.revision + 1 }))
    }
    for (const receipt of receipts.ofDecision(decisionId, sessionId)) receipts.rewrite(eraseFields(receipt, names))
    audit.erase(decisionId, personal => erasePersonal(personal, names))
    audit.append(added)
  })
  return erased instanceof Promise ? erased.then(truncateLog) : truncateLog()
}
