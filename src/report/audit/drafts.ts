import { chain, sha256 } from '../../ambient.js'
import type { AuditDraft } from '../../audit-entry.js'
import type { Receipt } from '../../receipt.js'
import type { Awaitable, Decision, ExecutionRecord, KillSwitch, Outcome } from '../../types.js'
import { FORMAT, jsonOf, writeDraft } from './commitments.js'

// What is in the first object of each of these is public, and sealed for good; what is in the second is personal.

/** A decision was made; with the effect that began in the same instant. */
export function auditDecision(decision: Decision, receipt?: Receipt): Awaitable<AuditDraft> {
  const { findings, user, target, value, metadata } = decision
  const facts = {
    v: FORMAT,
    kind: 'decision',
    at: decision.at,
    decisionId: decision.id,
    tenant: decision.tenant,
    traceId: decision.traceId,
    callId: decision.callId,
    tool: decision.tool,
    digest: decision.digest,
    action: decision.action,
    actor: decision.actor,
    domain: decision.domain,
    sessionId: decision.sessionId,
    model: decision.model,
    askedBy: decision.askedBy,
    findings: findings.map(({ rule, effect, hard }) => ({ rule, effect, hard })),
    recommendation: decision.recommendation,
    confidence: decision.confidence,
    riskScore: decision.riskScore,
    mode: decision.mode,
    result: decision.result,
    policy: decision.policy,
    evaluator: decision.evaluator,
    service: serviceOf(decision),
    fallback: decision.fallback,
    failMode: decision.failMode,
    approvalId: decision.approvalId,
    grantId: decision.grantId,
    receipt: receipt === undefined ? undefined : stateOf(receipt),
  } as const
  const reason = [decision.reason, ...findings.map(finding => finding.reason)]
  return writeDraft(facts, { user, target, value, metadata, reason })
}

/** What the service itself said is in the decision's record alone. */
function serviceOf({ service }: Decision): object | undefined {
  return service && { requestId: service.requestId, answeredAt: service.answeredAt }
}

/** A call ended, or never began; with the effect that ended in the same instant. */
export function auditExecution(
  record: ExecutionRecord,
  { tenant }: Pick<Decision, 'tenant'>,
  receipt?: Receipt,
): Awaitable<AuditDraft> {
  const { decisionId, status, at, durationMs, error } = record
  const facts = { v: FORMAT, kind: 'execution', at, decisionId, tenant, status, durationMs } as const
  if (receipt === undefined) return writeDraft(facts, { error })
  const both = { ...facts, receipt: stateOf(receipt) }
  return chain(digestOf(receipt), output => writeDraft(both, { error, output }))
}

/** The ledger's entry of an effect was written, at `at`. Of the input its digest stays, of the output its SHA-256. */
export function auditReceipt(receipt: Receipt, at: number): Awaitable<AuditDraft> {
  const facts = {
    v: FORMAT,
    kind: 'receipt',
    at,
    decisionId: receipt.decisionId,
    tenant: receipt.tenant,
    ...stateOf(receipt),
    callId: receipt.callId,
    tool: receipt.tool,
    digest: receipt.digest,
    actor: receipt.actor,
    sessionId: receipt.sessionId,
    approvalId: receipt.approvalId,
    undoes: receipt.undoes,
  } as const
  const error = receipt.status === 'failed' ? receipt.error : undefined
  return chain(digestOf(receipt), output => writeDraft(facts, { error, output, by: receipt.settledBy }))
}

/** What a write to the ledger changes. What stays the same is told in the entry of the decision, or of the receipt alone. */
function stateOf(receipt: Receipt): object {
  const { key, revision, fence, status } = receipt
  return {
    key,
    revision,
    fence,
    status,
    startedAt: status === 'claimed' ? undefined : receipt.startedAt,
    endedAt: 'endedAt' in receipt ? receipt.endedAt : undefined,
    since: status === 'unknown' ? receipt.since : undefined,
    output: status === 'succeeded' ? receipt.output.kind : undefined,
  }
}

function digestOf(receipt: Receipt): Awaitable<string | undefined> {
  const isKept = receipt.status === 'succeeded' && receipt.output.kind === 'json'
  return isKept ? outputDigest(receipt.output.value) : undefined
}

/** SHA-256 (hex) of an output's JSON, as the log keeps it: shows that an output is the one that was recorded. */
export function outputDigest(output: unknown): Awaitable<string> {
  return sha256(jsonOf(output))
}

/** The world answered. */
export function auditOutcome(outcome: Outcome, { tenant }: Pick<Decision, 'tenant'>): Awaitable<AuditDraft> {
  const { id, decisionId, status, at, description, details, reportedBy, ...rest } = outcome
  const { actualImpact, correctionDescription, tags, ...measured } = rest
  const facts = { v: FORMAT, kind: 'outcome', at, decisionId, tenant, id, status, ...measured } as const
  return writeDraft(facts, { description, details, reportedBy, actualImpact, correctionDescription, tags })
}

/** A switch was turned on, or off. */
export function auditKillSwitch(killSwitch: KillSwitch, active: boolean): Awaitable<AuditDraft> {
  const { tool, tenant, domain, rule, by, reason, at } = killSwitch
  return writeDraft({ v: FORMAT, kind: 'kill-switch', at, tenant, active, tool, domain, rule }, { by, reason })
}
