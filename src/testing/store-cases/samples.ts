import { createHmac } from 'node:crypto'
import { newId } from '../../ambient.js'
import type { Approval, Grant } from '../../approval.js'
import type { AuditBatch, AuditDraft } from '../../audit-entry.js'
import type { Receipt } from '../../receipt.js'
import type { StoredDocument } from '../../store/document.js'
import type { DocumentStore } from '../../store/document-store.js'
import type { CommitResult, Lesson, OutboxItem, Store, WindowSpend } from '../../store/store.js'
import type { Decision, Outcome } from '../../types.js'

/** One thing a store must do. */
export interface StoreCase {
  readonly title: string
  readonly check: (store: Store) => Promise<void>
}

/** An instant: any will do. */
export const AT = Date.UTC(2026, 0, 1)

/** What a commit answers that was made. */
export const COMMITTED: CommitResult = { committed: true }

/** A decision with no optional field but those given. */
export function decisionOf(fields: Partial<Decision> = {}): Decision {
  return {
    id: newId(AT),
    at: AT,
    traceId: 'trace-1',
    callId: 'call-1',
    tool: 'refund',
    digest: 'd'.repeat(64),
    action: 'refund',
    actor: 'AI_AGENT',
    findings: [{ rule: 'small-refund', effect: 'allow', reason: 'small refund' }],
    mode: 'enforced',
    result: 'allowed',
    reason: 'small refund',
    policy: { name: 'support-desk', version: '0123456789abcdef' },
    evaluator: 'local',
    ...fields,
  }
}

/** A decision with every optional field. */
export function fullDecision(): Decision {
  return decisionOf({
    domain: 'payments',
    value: 12.5,
    target: 'customer-7',
    metadata: { channel: 'chat', tags: ['a', 'b'], nested: { deep: [1, null, true] } },
    user: 'ada',
    tenant: 'acme',
    sessionId: 'session-1',
    model: 'model-x',
    findings: [
      { rule: 'a', effect: 'deny', reason: 'because', hard: true },
      { rule: 'b', effect: 'require_approval', reason: 'ask' },
    ],
    recommendation: 'review_recommended',
    confidence: 'medium',
    riskScore: 0.25,
    failMode: 'closed',
    dryRun: true,
    approvalId: 'approval-1',
  })
}

/** A pending approval of the given decision, with no optional field but those given; its key is its own. */
export function approvalOf(decision: Decision, fields: Partial<Approval> = {}): Approval {
  const id = newId(AT)
  return {
    id,
    revision: 1,
    key: `key of ${id}`,
    policyVersion: decision.policy.version,
    status: 'pending',
    decisionId: decision.id,
    at: decision.at,
    expiresAt: decision.at + 3_600_000,
    call: { id: decision.callId, name: decision.tool, input: { amount: 500, note: 'für Zoë', lines: [{ sku: 'x' }] } },
    digest: decision.digest,
    actor: decision.actor,
    reason: decision.reason,
    approver: 'chat-user',
    stages: [{ quorum: 1 }],
    onExpiry: 'reject',
    escalateTo: [],
    votes: [],
    ...fields,
  } as Approval
}

/** The receipt of an effect that has started, with no optional field but those given. */
export function receiptOf(fields: Partial<Receipt> = {}): Receipt {
  const id = newId(AT)
  return {
    key: `key of ${id}`,
    revision: 1,
    fence: 1,
    decisionId: `decision of ${id}`,
    callId: 'call-1',
    tool: 'refund',
    digest: 'd'.repeat(64),
    actor: 'AI_AGENT',
    at: AT,
    status: 'started',
    startedAt: AT + 1,
    leaseUntil: AT + 30_000,
    ...fields,
  } as Receipt
}

/** A grant for ten uses within an hour, with no optional field but those given. */
export function grantOf(fields: Partial<Grant> = {}): Grant {
  return {
    id: newId(AT),
    revision: 1,
    tool: 'refund',
    when: { 'input.customer': { eq: 'c-7' } },
    actor: 'AI_AGENT',
    policyVersion: '0123456789abcdef',
    by: 'ada',
    at: AT,
    expiresAt: AT + 3_600_000,
    maxUses: 10,
    uses: 0,
    ...fields,
  }
}

/** Key of {@link seal}. */
export const SEAL_KEY = 'a key of the log'

/** A seal that only somebody with its key can make: a store that chains in a way of its own is found. */
export function seal(text: string): string {
  return createHmac('sha256', SEAL_KEY).update(text).digest('hex')
}

/** Facts for the audit log: drafts, or their bodies. */
export function batchOf(...entries: readonly (string | AuditDraft)[]): AuditBatch {
  return { seal, entries: entries.map(entry => (typeof entry === 'string' ? { body: entry } : entry)) }
}

/** An outcome with no optional field but those given. */
export function outcomeOf(decisionId: string, fields: Partial<Outcome> = {}): Outcome {
  return { id: newId(AT), decisionId, status: 'SUCCESS', at: AT, ...fields }
}

/** Something that a service is to be told at once, with other fields where given. */
export function itemOf(fields: Partial<OutboxItem> = {}): OutboxItem {
  return {
    id: newId(AT),
    destination: 'service',
    kind: 'decision',
    decisionId: 'decision-1',
    body: '{"result":"allowed"}',
    at: AT,
    ...fields,
  }
}

/** A case of a call, with other fields where given. */
export function lessonOf(fields: Partial<Lesson> = {}): Lesson {
  return { decisionId: 'decision-1', kind: 'case', body: '{"tool":"refund"}', at: AT, ...fields }
}

/** A rule, with other fields where given. */
export function documentOf(fields: Partial<StoredDocument> = {}): StoredDocument {
  return { kind: 'rule', id: newId(AT), revision: 1, body: '{"effect":"allow"}', at: AT, ...fields }
}

/** Whether a store keeps documents. */
export function keepsDocuments(store: Store): store is DocumentStore {
  return typeof (store as Partial<DocumentStore>).getDocument === 'function'
}

/** A spend of a window of one minute that holds ten units. */
export function spendOf(fields: Partial<WindowSpend> = {}): WindowSpend {
  return { key: 'daily-cap', windowMs: 60_000, amount: 1_000_000, max: 10_000_000, ...fields }
}

/** Records a decision and gives it back. */
export async function recorded(store: Store, fields: Partial<Decision> = {}): Promise<Decision> {
  const decision = decisionOf(fields)
  await store.commit({ at: decision.at, decision })
  return decision
}

/** Records a decision that spends. */
export async function spend(store: Store, at: number, ...spends: readonly WindowSpend[]): Promise<CommitResult> {
  return store.commit({ at, decision: decisionOf({ at }), spends })
}

/** What one window holds. */
export async function held(store: Store, at: number, window: WindowSpend = spendOf()): Promise<number | undefined> {
  const [total] = await store.readWindows([window], at)
  return total
}

/** Numbers that look random and are the same every time, in 0..1. */
export function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
