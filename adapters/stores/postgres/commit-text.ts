import type { Commit } from 'countersign'
import { approvalFields } from './approvals.js'
import { decisionFields, executionFields, outcomeFields } from './decisions.js'
import { documentFields } from './documents.js'
import { optional } from './encode.js'
import { grantFields } from './grants.js'
import { lessonFields } from './lessons.js'
import { itemFields } from './outbox.js'
import { receiptFields } from './receipts.js'
import { spendFields } from './windows.js'

/** A commit as the server takes it, as JSON: all but its entries of the audit log, which are sealed when it is its turn. Later changes to what was passed in do not reach it. */
export function commitText(commit: Commit, bound: string | undefined): string {
  const {
    at,
    decision,
    execution,
    outcome,
    approval,
    receipt,
    grant,
    spends = [],
    documents = [],
    lessons = [],
    outbox = [],
  } = commit
  const tenant = (decision ?? approval ?? receipt ?? grant)?.tenant
  return JSON.stringify({
    at: String(at),
    tenant: optional(tenant),
    decision: decision && decisionFields(decision),
    execution: execution && executionFields(execution),
    outcome: outcome && outcomeFields(outcome),
    approval: approval && approvalFields(approval),
    receipt: receipt && receiptFields(receipt),
    grant: grant && grantFields(grant),
    spends: spends.length === 0 ? undefined : spends.map(spend => spendFields(spend, at)),
    documents: documents.length === 0 ? undefined : documents.map(document => documentFields(document, bound)),
    lessons: lessons.length === 0 ? undefined : lessons.map(lessonFields),
    outbox: outbox.length === 0 ? undefined : outbox.map(itemFields),
  })
}
