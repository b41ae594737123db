import type { Awaitable, Commit, CommitResult } from 'countersign'
import { approvalRow } from './approvals.js'
import { auditBatch } from './audit.js'
import type { Connection } from './connection.js'
import { decisionRow } from './decisions.js'
import { documentRows } from './documents.js'
import { encode } from './encode.js'
import { grantRow } from './grants.js'
import { lessonRows } from './lessons.js'
import { outboxRows } from './outbox.js'
import { receiptRow } from './receipts.js'

const COMMITTED: CommitResult = { committed: true }

/** Writes what must become true in one instant, in one transaction. It is encoded first: it may be written later. */
export function commitTo(connection: Connection, commit: Commit): Awaitable<CommitResult> {
  const write = prepared(connection, commit)
  return connection.writer.transaction(write, ({ committed }) => committed)
}

function prepared(connection: Connection, { at, ...records }: Commit): () => CommitResult {
  const { decisions, windows, approvals, receipts, grants, documents, lessons, outbox, audit } = connection
  const decision = encoded(records.decision, decisionRow)
  const approval = encoded(records.approval, approvalRow)
  const receipt = encoded(records.receipt, receiptRow)
  const grant = encoded(records.grant, grantRow)
  const spends = records.spends?.map(spend => ({ ...spend }))
  const execution = encoded(records.execution, ended => ({ ...ended }))
  const outcome = encoded(records.outcome, answer => ({ decisionId: answer.decisionId, body: encode(answer) }))
  const others = encoded(records.documents, documentRows)
  const learnt = encoded(records.lessons, lessonRows)
  const items = encoded(records.outbox, outboxRows)
  const batch = encoded(records.audit, auditBatch)

  return () => {
    if (decision !== undefined) decisions.insert(decision)
    if (others !== undefined && !documents.put(others, at)) return { committed: false, conflict: 'document' }
    if (approval !== undefined && !approvals.put(approval)) return { committed: false, conflict: 'approval' }
    if (receipt !== undefined && !receipts.put(receipt)) return { committed: false, conflict: 'receipt' }
    if (grant !== undefined && !grants.put(grant)) return { committed: false, conflict: 'grant' }
    const exceeded = spends === undefined ? undefined : windows.spend(spends, at)
    if (exceeded !== undefined) return { committed: false, exceeded }
    if (execution !== undefined) decisions.setExecution(execution)
    if (outcome !== undefined) decisions.insertOutcome(outcome.decisionId, outcome.body)
    if (learnt !== undefined) lessons.append(learnt)
    if (items !== undefined) outbox.insert(items)
    if (batch !== undefined) audit.append(batch)
    return COMMITTED
  }
}

function encoded<T, ROW>(record: T | undefined, encode: (record: T) => ROW): ROW | undefined {
  return record === undefined ? undefined : encode(record)
}
