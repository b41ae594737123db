import { type Awaitable, type AuditBatch, type Erasure, eraseFields, eraseGrant, erasePersonal } from 'countersign'
import { approvalRow } from './approvals.js'
import { auditBatch } from './audit.js'
import type { Connection } from './connection.js'
import { grantRow } from './grants.js'
import type { Found } from './lessons.js'

/** Forgets fields wherever they are stored, and then rids the log of SQLite of the pages they were on. */
export function eraseFrom(connection: Connection, { decisionId, fields }: Erasure, batch: AuditBatch): Awaitable<void> {
  const { read, lessons } = connection
  const asked = { decisionId, fields: [...fields] }
  const added = auditBatch(batch)
  // It may take long, and nobody who writes is to wait meanwhile.
  const found = read(() => lessons.about(decisionId))
  const forgetAll = (seen: Found): Awaitable<void> => forget(connection, asked, added, seen)
  return 'seqs' in found ? forgetAll(found) : found.then(forgetAll)
}

function forget(
  connection: Connection,
  { decisionId, fields: names }: Erasure,
  added: AuditBatch,
  found: Found,
): Awaitable<void> {
  const { writer, decisions, approvals, receipts, grants, lessons, outbox, audit, truncateLog } = connection
  const erased = writer.transaction(() => {
    const sessionId = decisions.get(decisionId)?.sessionId
    decisions.change(decisionId, record => eraseFields(record, names))
    for (const approval of approvals.ofDecision(decisionId)) {
      // It counts as a write: whoever is about to write what it was before would undo it.
      approvals.put(approvalRow({ ...eraseFields(approval, names), revision: approval.revision + 1 }))
      for (const grant of grants.givenWith(approval.id)) grants.put(grantRow(eraseGrant(grant, names)))
    }
    for (const receipt of receipts.ofDecision(decisionId, sessionId)) receipts.rewrite(eraseFields(receipt, names))
    lessons.empty(decisionId, found)
    outbox.drop(decisionId)
    audit.erase(decisionId, personal => erasePersonal(personal, names))
    audit.append(added)
  })
  return erased instanceof Promise ? erased.then(truncateLog) : truncateLog()
}
