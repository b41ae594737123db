import { type Awaitable, type AuditBatch, type Erasure, eraseFields, eraseGrant, erasePersonal } from 'countersign'
import { approvalRow } from './approvals.js'
import { auditBatch } from './audit.js'
import type { Connection } from './connection.js'
import { grantRow } from './grants.js'

/** Forgets fields wherever they are stored, and then rids the log of SQLite of the pages they were on. */
export function eraseFrom(connection: Connection, { decisionId, fields }: Erasure, batch: AuditBatch): Awaitable<void> {
  const { writer, decisions, approvals, receipts, grants, outbox, audit, truncateLog } = connection
  const names = [...fields]
  const added = auditBatch(batch)
  const erased = writer.transaction(() => {
    const sessionId = decisions.get(decisionId)?.sessionId
    decisions.change(decisionId, record => eraseFields(record, names))
    for (const approval of approvals.ofDecision(decisionId)) {
      // It counts as a write: whoever is about to write what it was before would undo it.
      approvals.put(approvalRow({ ...eraseFields(approval, names), revision: approval.revision + 1 }))
      for (const grant of grants.givenWith(approval.id)) grants.put(grantRow(eraseGrant(grant, names)))
    }
    for (const receipt of receipts.ofDecision(decisionId, sessionId)) receipts.rewrite(eraseFields(receipt, names))
    outbox.drop(decisionId)
    audit.erase(decisionId, personal => erasePersonal(personal, names))
    audit.append(added)
  })
  return erased instanceof Promise ? erased.then(truncateLog) : truncateLog()
}
