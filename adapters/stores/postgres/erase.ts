import { type AuditBatch, type Erasure, eraseFields, eraseGrant, erasePersonal } from 'countersign'
import { approvalsOfDecision, rewriteApproval } from './approvals.js'
import { append, auditBatch, eraseAudit, lockHead } from './audit.js'
import type { Database } from './database.js'
import { changeDecision, getDecision } from './decisions.js'
import { grantsGivenWith, rewriteGrant } from './grants.js'
import { emptyLessons, type Found, lessonsAbout } from './lessons.js'
import { dropFromOutbox } from './outbox.js'
import { receiptsOfDecision, rewriteReceipt } from './receipts.js'
import type { Session } from './session.js'

/** Forgets fields wherever they are stored, and appends what is said of it. Later changes to what was passed in do not reach it. */
export function eraser(
  { decisionId, fields }: Erasure,
  batch: AuditBatch,
): (database: Database, log: string) => Promise<void> {
  const names = [...fields]
  const added = auditBatch(batch)
  const erase = async (session: Session, log: string, found: Found): Promise<void> => {
    const head = await lockHead(session, log)
    const sessionId = (await getDecision(session, decisionId))?.sessionId
    await changeDecision(session, decisionId, record => eraseFields(record, names))
    for (const approval of await approvalsOfDecision(session, decisionId)) {
      // It counts as a write: whoever is about to write what it was before would undo it.
      await rewriteApproval(session, { ...eraseFields(approval, names), revision: approval.revision + 1 })
      for (const grant of await grantsGivenWith(session, approval.id))
        await rewriteGrant(session, eraseGrant(grant, names))
    }
    for (const receipt of await receiptsOfDecision(session, decisionId, sessionId))
      await rewriteReceipt(session, eraseFields(receipt, names))
    await emptyLessons(session, decisionId, found)
    await dropFromOutbox(session, decisionId)
    await eraseAudit(session, decisionId, personal => erasePersonal(personal, names))
    await append(session, log, head, Date.now(), added)
  }
  return async (database, log) => {
    // It may take long, and nobody who writes is to wait meanwhile.
    const found = await lessonsAbout(database, decisionId)
    await database.transaction(session => erase(session, log, found))
  }
}
