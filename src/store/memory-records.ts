import type { Grant } from '../approval.js'
import type { AuditBatch } from '../audit-entry.js'
import { GovernanceError } from '../errors.js'
import type { Receipt } from '../receipt.js'
import { ApprovalMap } from './approval-map.js'
import { AuditLog } from './audit-log.js'
import { DecisionLog } from './decision-log.js'
import type { StoredDocument } from './document.js'
import { Documents } from './documents.js'
import { eraseFields, eraseGrant, erasePersonal } from './erase.js'
import { KeptSnapshots } from './kept-snapshots.js'
import { LessonLog } from './lesson-log.js'
import { Outbox } from './outbox.js'
import { RevisionMap } from './revision-map.js'
import { snapshot } from './snapshot.js'
import type { Commit, CommitResult, Erasure, Lesson, OutboxItem } from './store.js'
import { Windows } from './windows.js'

/** A call leaves about as many entries in the audit log: its decision, its receipt twice, its execution. */
const ENTRIES_PER_DECISION = 4
/** A call leaves as many at most, as a rule: a case, and a label. */
const LESSONS_PER_DECISION = 2
type Conflict = Extract<CommitResult, { readonly conflict: unknown }>['conflict']

const COMMITTED: CommitResult = Object.freeze({ committed: true })

/** What a memory store holds. */
export class MemoryRecords {
  readonly decisions: DecisionLog
  readonly windows = new Windows()
  readonly approvals: ApprovalMap
  readonly receipts: RevisionMap<Receipt>
  readonly grants: RevisionMap<Grant>
  readonly documents = new Documents()
  readonly lessons: LessonLog
  readonly snapshots = new KeptSnapshots()
  readonly outbox: Outbox
  readonly audit: AuditLog

  /** Keeps as many records of each kind, and all that have not ended; of what others are to be told, no more than that. */
  constructor(size: number) {
    this.decisions = new DecisionLog(size)
    this.approvals = new ApprovalMap(size)
    this.receipts = new RevisionMap(size, ({ status }) => status === 'succeeded' || status === 'failed')
    this.grants = new RevisionMap(size, ({ revoked, uses, maxUses }) => revoked !== undefined || uses >= maxUses)
    this.lessons = new LessonLog(size * LESSONS_PER_DECISION)
    this.outbox = new Outbox(size)
    this.audit = new AuditLog(size * ENTRIES_PER_DECISION)
  }

  /** Nobody else comes in between: looks whether all of it can be done, and does it. */
  commit(commit: Commit): CommitResult {
    const { decision, spends = [], outbox, at } = commit
    if (decision !== undefined && this.decisions.has(decision.id))
      throw new GovernanceError('store-failed', `The memory store has a decision "${decision.id}" already.`)
    const conflict = this.#conflict(commit)
    if (conflict !== undefined) return { committed: false, conflict }
    const exceeded = this.windows.exceeded(spends, at)
    if (exceeded !== undefined) return { committed: false, exceeded }
    const clash = outbox === undefined ? undefined : this.outbox.clash(outbox)
    if (clash !== undefined)
      throw new GovernanceError('store-failed', `The memory store has an outbox item "${clash}" already.`)
    this.#store(commit)
    return COMMITTED
  }

  /** An approval, and a grant, counts this as a write: whoever is about to write what it was before would undo it. */
  erase({ decisionId, fields }: Erasure, audit: AuditBatch): void {
    this.decisions.replace(decisionId, record => snapshot(eraseFields(record, fields)))
    const asked = new Set<string>()
    for (const approval of this.approvals.newestFirst()) {
      if (approval.decisionId !== decisionId) continue
      asked.add(approval.id)
      this.approvals.set(snapshot({ ...eraseFields(approval, fields), revision: approval.revision + 1 }))
    }
    for (const receipt of this.receipts.newestFirst()) {
      if (receipt.decisionId === decisionId) this.receipts.replace(receipt.key, snapshot(eraseFields(receipt, fields)))
    }
    for (const grant of this.grants.newestFirst()) {
      if (grant.approvalId !== undefined && asked.has(grant.approvalId))
        this.grants.set(grant.id, snapshot(eraseGrant(grant, fields)))
    }
    this.lessons.empty(decisionId)
    this.outbox.drop(decisionId)
    this.audit.erase(decisionId, personal => erasePersonal(personal, fields))
    this.audit.append(audit)
  }

  #conflict({ at, documents, approval, receipt, grant }: Commit): Conflict | undefined {
    if (documents !== undefined && !this.documents.follow(documents, at)) return 'document'
    if (approval !== undefined && !this.approvals.follows(approval)) return 'approval'
    if (receipt !== undefined && !this.receipts.follows(receipt.key, receipt)) return 'receipt'
    return grant === undefined || this.grants.follows(grant.id, grant) ? undefined : 'grant'
  }

  #store({ at, spends, audit, ...records }: Commit): void {
    // What can throw comes first: all or nothing.
    const approval = copy(records.approval)
    const receipt = copy(records.receipt)
    const grant = copy(records.grant)
    const execution = copy(records.execution)
    const outcome = copy(records.outcome)
    const decision = copy(records.decision)
    const documents = records.documents?.map(copyDocument)
    const lessons = records.lessons?.map(copyLesson)
    const outbox = records.outbox?.map(copyItem)
    if (decision !== undefined) this.decisions.add(decision)
    if (execution !== undefined) this.decisions.setExecution(execution)
    if (outcome !== undefined) this.decisions.addOutcome(outcome)
    if (approval !== undefined) this.approvals.set(approval)
    if (receipt !== undefined) this.receipts.set(receipt.key, receipt)
    if (grant !== undefined) this.grants.set(grant.id, grant)
    if (documents !== undefined) this.documents.put(documents)
    if (spends !== undefined) this.windows.spend(spends, at)
    if (lessons !== undefined) this.lessons.append(lessons)
    if (outbox !== undefined) this.outbox.add(outbox)
    if (audit !== undefined) this.audit.append(audit)
  }
}

function copy<T>(record: T | undefined): T | undefined {
  return record === undefined ? undefined : snapshot(record)
}

function copyLesson({ decisionId, tenant, kind, body, at }: Lesson): Lesson {
  return tenant === undefined ? { decisionId, kind, body, at } : { decisionId, tenant, kind, body, at }
}

function copyItem({ id, destination, kind, decisionId, body, at }: OutboxItem): OutboxItem {
  return { id, destination, kind, decisionId, body, at }
}

function copyDocument(document: StoredDocument): StoredDocument {
  const { kind, id, tenant, revision, body, at, ref, due, expiresAt } = document
  return {
    kind,
    id,
    revision,
    at,
    ...(tenant === undefined ? {} : { tenant }),
    ...(body === undefined ? {} : { body }),
    ...(ref === undefined ? {} : { ref }),
    ...(due === undefined ? {} : { due }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}
