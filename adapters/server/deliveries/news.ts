import type { Approval, ApprovalView, Decision, GovernanceEvent, Governor, KillSwitch, Outcome } from 'countersign'
import { present } from '../../../src/ambient.js'
import { writtenScope } from '../wire/switch-scope.js'
import { timeOf } from '../wire/time.js'
import type { StoredInput } from './stored-input.js'

/** Events that webhooks can listen to. */
export const WEBHOOK_EVENTS = [
  'decision_event.created',
  'outcome.reported',
  'approval.requested',
  'approval.resolved',
  'rule.patch_previewed',
  'rule.patch_applied',
  'kill_switch.changed',
  'signal.new',
] as const

/** An event that webhooks can listen to. */
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

/** What of a request is told. */
type Asked = Omit<ApprovalView, 'digest' | 'approver' | 'policyVersion' | 'at'>

/** What is told to whoever listens. */
export interface Announcement {
  readonly event: WebhookEvent
  readonly tenant: string | undefined
  /** What it is about: the same news of the same subject is told once. */
  readonly subject: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly data: Readonly<Record<string, unknown>>
  /** The input of the call as events show it, for those who ask for it. */
  readonly input?: unknown
  /** The request that people are to be told of. */
  readonly asks?: Asked & Pick<Decision, 'value' | 'target'>
  /** The request that waits no more. */
  readonly ends?: Asked
}

/** What of an event is news for others; nothing of most. */
export async function newsOf(event: GovernanceEvent, governor: Governor): Promise<Announcement | undefined> {
  const { at } = event
  switch (event.type) {
    case 'decision-made':
      return { ...decisionNews(event.decision), input: event.call.input }
    case 'approval-requested': {
      const { approval, decision, call } = event
      return { ...askedNews({ ...approval, ...present(valueOf(decision)) }, at), input: call.input }
    }
    case 'approval-changed': {
      const { approval } = event
      return approval.status === 'pending' || approval.status === 'consumed' ? undefined : endNews(approval, at)
    }
    case 'outcome-reported': {
      const { outcome } = event
      return outcomeNews(outcome, (await governor.decisions.get(outcome.decisionId))?.tenant, at)
    }
    case 'kill-switch-changed':
      return switchNews(event.killSwitch, event.active)
    default:
      return undefined
  }
}

/** A decision that was made. */
export function decisionNews(decision: Decision): Announcement {
  const { id, tenant, at } = decision
  return { event: 'decision_event.created', tenant, subject: id, at, data: decisionData(decision) }
}

/** Something was reported of a decision. */
export function outcomeNews(outcome: Outcome, tenant: string | undefined, at: number): Announcement {
  const { id, decisionId, status, description, at: reportedAt } = outcome
  const data = {
    outcome_id: id,
    request_id: decisionId,
    status,
    description: description ?? null,
    reported_at: timeOf(reportedAt),
  }
  return { event: 'outcome.reported', tenant, subject: id, at, data }
}

/** A switch was turned on, or off. */
export function switchNews(killSwitch: KillSwitch, active: boolean): Announcement {
  const { tenant, tool, domain, rule, by, reason, at } = killSwitch
  const data = { active, ...writtenScope(killSwitch), by, reason }
  const subject = JSON.stringify([tool ?? null, domain ?? null, rule ?? null, at, active])
  return { event: 'kill_switch.changed', tenant, subject, at, data }
}

/** A request that waits in the store, for whoever was not told of it: the process that opened it may have died. Of one that waits no more, people are not told. */
export function waitingNews(approval: Approval, input: StoredInput): Announcement {
  const { asks, ...told } = askedNews(viewOf(approval, 'pending'), approval.at)
  const news = { ...told, input: input(approval) }
  return approval.status === 'pending' && asks !== undefined ? { ...news, asks } : news
}

/** How a request in the store ended, as it was then: it may have been used up since. */
export function endedNews(approval: Approval, status: Approval['status'], at: number): Announcement {
  return endNews(viewOf(approval, status), at)
}

function endNews(ends: Asked, at: number): Announcement {
  const { id, tenant, status } = ends
  return { event: 'approval.resolved', tenant, subject: `${id} ${status}`, at, data: approvalData(ends), ends }
}

function viewOf(approval: Approval, status: Approval['status']): Asked {
  const { call } = approval
  const { by, comment } = approval as { readonly by?: string; readonly comment?: string }
  const said = status === 'pending' ? {} : present({ by, comment })
  return { ...approval, ...said, status, tool: call.name, callId: call.id }
}

function askedNews(asks: NonNullable<Announcement['asks']>, at: number): Announcement {
  const { id, tenant, value, target } = asks
  const data = { ...approvalData(asks), value: value ?? null, target: target ?? null }
  return { event: 'approval.requested', tenant, subject: id, at, data, asks }
}

function valueOf({ value, target }: Decision) {
  return { value, target }
}

function decisionData(decision: Decision): Announcement['data'] {
  return {
    request_id: decision.id,
    call_id: decision.callId,
    tool: decision.tool,
    action: decision.action,
    actor: decision.actor,
    domain: decision.domain ?? null,
    value: decision.value ?? null,
    target: decision.target ?? null,
    session_id: decision.sessionId ?? null,
    result: decision.result,
    recommendation: decision.recommendation ?? null,
    risk_score: decision.riskScore ?? null,
    enforcement_mode: decision.mode,
    reason: decision.reason,
    dry_run: decision.dryRun ?? false,
  }
}

function approvalData(approval: Asked): Announcement['data'] {
  return {
    request_id: approval.decisionId,
    approval_id: approval.id,
    status: approval.status === 'rejected' ? 'denied' : approval.status,
    tool: approval.tool,
    call_id: approval.callId,
    actor: approval.actor,
    session_id: approval.sessionId ?? null,
    reason: approval.reason,
    expires_at: timeOf(approval.expiresAt),
    resolved_by: approval.by ?? null,
    comment: approval.comment ?? null,
  }
}
