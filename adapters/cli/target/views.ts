import type { Approval, DecisionRecord } from 'countersign'

/** A decision as lists show it. Times are ISO 8601. */
export interface DecisionView {
  readonly id: string
  readonly at: string
  readonly tool: string
  readonly action: string
  readonly actor: string
  readonly domain?: string | undefined
  readonly value?: number | undefined
  readonly target?: string | undefined
  readonly sessionId?: string | undefined
  readonly tenant?: string | undefined
  readonly result: string
  /** How the call ended, where it has. */
  readonly status?: string | undefined
  readonly reason: string
  readonly recommendation?: string | undefined
  readonly riskScore?: number | undefined
  /** What the world answered last. */
  readonly outcome?: string | undefined
}

/** A request to a person. Times are ISO 8601. */
export interface ApprovalView {
  readonly id: string
  /** Of the decision that holds the call. */
  readonly decisionId: string
  readonly status: string
  readonly tool: string
  readonly actor: string
  readonly value?: number | undefined
  readonly target?: string | undefined
  readonly reason: string
  readonly at: string
  readonly expiresAt?: string | undefined
  readonly input?: unknown
  readonly votes?: Approval['votes'] | undefined
  /** How many different people must approve, round after round. */
  readonly quorum?: readonly number[] | undefined
  readonly by?: string | undefined
  readonly comment?: string | undefined
  readonly resolvedAt?: string | undefined
  readonly changes?: readonly { readonly path: string; readonly from?: unknown; readonly to?: unknown }[] | undefined
}

/** A decision of a store. */
export function decisionView(record: DecisionRecord): DecisionView {
  const { id, tool, action, actor, domain, value, target, sessionId, tenant } = record
  return {
    id,
    at: iso(record.at),
    tool,
    action,
    actor,
    domain,
    value,
    target,
    sessionId,
    tenant,
    result: record.result,
    status: record.execution?.status,
    reason: record.reason,
    recommendation: record.recommendation,
    riskScore: record.riskScore ?? record.learned?.risk,
    outcome: record.outcomes.at(-1)?.status,
  }
}

/** A request of a store. */
export function approvalView(approval: Approval): ApprovalView {
  const { id, decisionId, status, actor, value, target, reason, votes, stages, call } = approval
  return {
    id,
    decisionId,
    status,
    tool: call.name,
    actor,
    value,
    target,
    reason,
    at: iso(approval.at),
    expiresAt: iso(approval.expiresAt),
    input: call.input,
    votes,
    quorum: stages.map(({ quorum }) => quorum),
    by: 'by' in approval ? approval.by : undefined,
    comment: 'comment' in approval ? approval.comment : undefined,
    resolvedAt: 'resolvedAt' in approval ? iso(approval.resolvedAt) : undefined,
    changes: 'edit' in approval ? approval.edit?.changes : undefined,
  }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
