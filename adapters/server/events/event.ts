import type { Approval, DecisionRecord, KillSwitch, Outcome } from 'countersign'
import { meaningOf, type OutcomeMeanings } from '../../../src/learn/insight/label.js'
import { constraintIdOf } from '../rules/compile.js'
import { type RuleVersion, writeVersion } from '../rules/record.js'
import { writeAnswer } from '../wire/answer.js'
import { timeOf } from '../wire/time.js'

/** How much an event matters to a person. */
type Severity = 'info' | 'warning' | 'critical'

/** Something that happened, before it is written out. */
export interface HappenedEvent {
  /** Unique, and the same whenever it is told. */
  readonly id: string
  readonly type: string
  readonly severity: Severity
  /** Epoch milliseconds. */
  readonly at: number
  /** Constraints that had a say, and rules of the policy that spoke against the call; or the one that changed. */
  readonly rules: readonly string[]
  /** The decision that it is about, which was read without what no figure is made of. */
  readonly decisionId?: string
  /** Written only where it is shown. @param whole the decision with everything; as it was read when absent */
  readonly write: (whole?: DecisionRecord) => Readonly<Record<string, unknown>>
}

/** The rules that kept the call first; then those that had something to say in its favour. A switch is no rule. */
function rulesOf(findings: DecisionRecord['findings']): readonly string[] {
  const against = findings.filter(({ effect, rule }) => effect !== 'allow' && rule !== 'kill-switch')
  const ids = against.map(finding => constraintIdOf(finding) ?? finding.rule)
  return [...new Set([...ids, ...findings.flatMap(finding => constraintIdOf(finding) ?? [])])]
}

const SEVERITIES: Readonly<Record<DecisionRecord['result'], Severity>> = {
  allowed: 'info',
  requires_approval: 'warning',
  blocked: 'warning',
}

/** A decision was made. One that the fail mode made instead is critical. */
export function decisionEvent(record: DecisionRecord): HappenedEvent {
  const { id, at, result, failMode, findings } = record
  const rules = rulesOf(findings)
  const write = (whole = record) => {
    const last = whole.outcomes.at(-1)
    return {
      ...writeAnswer(whole),
      ...facts(whole),
      recommendation_followed: followed(whole),
      outcome_status: last?.status ?? null,
      outcome_reported_at: last === undefined ? null : timeOf(last.at),
    }
  }
  const severity = failMode === undefined ? SEVERITIES[result] : 'critical'
  return { id: `decision:${id}`, type: 'decision_event.created', severity, at, rules, decisionId: id, write }
}

/** What the world answered about a decision was reported. */
export function outcomeEvent(record: DecisionRecord, outcome: Outcome, meanings: OutcomeMeanings): HappenedEvent {
  const { id, at, status, reportedBy } = outcome
  return {
    id: `outcome:${id}`,
    type: 'outcome.reported',
    severity: meaningOf(outcome, meanings) === 'bad' ? 'warning' : 'info',
    at,
    rules: [],
    decisionId: record.id,
    write: (whole = record) => ({
      ...facts(whole),
      outcome_id: id,
      outcome_status: status,
      outcome_reported_at: timeOf(at),
      reported_by: reportedBy ?? null,
      reason: whole.outcomes.find(told => told.id === id)?.description ?? null,
    }),
  }
}

/** A person was asked, and perhaps answered. */
export function approvalEvents(approval: Approval): readonly HappenedEvent[] {
  const { id, at, decisionId, call, actor, domain, value, reason, status } = approval
  const about = {
    approval_id: id,
    request_id: decisionId,
    validation_id: decisionId,
    action: call.name,
    actor,
    domain: domain ?? null,
    value: value ?? null,
  }
  const event = (kind: string, when: number, severity: Severity, rest: object): HappenedEvent => ({
    id: `approval:${id}:${kind}`,
    type: `approval.${kind}`,
    severity,
    at: when,
    rules: [],
    write: () => ({ ...about, ...rest }),
  })
  const requested = event('requested', at, 'warning', { reason })
  if (status === 'pending') return [requested]
  const kind = status === 'consumed' ? 'approved' : status
  const by = 'by' in approval ? approval.by : null
  const comment = 'comment' in approval ? (approval.comment ?? null) : null
  return [
    requested,
    event(kind, approval.resolvedAt, kind === 'expired' ? 'warning' : 'info', { resolved_by: by, reason: comment }),
  ]
}

/** A rule was made, changed, or ended. */
export function ruleEvent(version: RuleVersion): HappenedEvent {
  const { ruleId, version: number, change, updatedAt, updatedBy, reason, constraint } = version
  return {
    id: `rule:${ruleId}:v${number}`,
    type: `rule.${change}`,
    severity: 'info',
    at: updatedAt,
    rules: [ruleId],
    write: () => ({
      rule_id: ruleId,
      rule_name: constraint.name,
      domain: constraint.domain,
      actor: updatedBy,
      reason: reason ?? null,
      rule: writeVersion(version),
    }),
  }
}

/** A switch was thrown. */
export interface Thrown {
  readonly active: boolean
  readonly killSwitch: KillSwitch
}

/** A kill switch was turned on, or off. */
export function switchEvent({ active, killSwitch }: Thrown): HappenedEvent {
  const { tool, tenant, domain, rule, by, reason, at } = killSwitch
  const narrower = domain === undefined && rule === undefined ? [] : [domain ?? null, rule ?? null]
  const kind = active ? 'activated' : 'deactivated'
  return {
    id: `kill_switch:${JSON.stringify([tenant ?? null, tool ?? null, ...narrower])}:${at}:${kind}`,
    type: `kill_switch.${kind}`,
    severity: active ? 'critical' : 'info',
    at,
    rules: rule === undefined ? [] : [rule],
    write: () => ({
      actor: by,
      action: tool ?? null,
      domain: domain ?? null,
      rule_id: rule ?? null,
      of_all_tenants: tenant === undefined,
      reason: reason || null,
    }),
  }
}

function facts({ id, action, actor, domain, value, target }: DecisionRecord) {
  return {
    request_id: id,
    validation_id: id,
    action,
    actor,
    domain: domain ?? null,
    value: value ?? null,
    target: target ?? null,
  }
}

/** Whether what was advised is what happened; nothing where nothing is known to have happened. */
function followed({ recommendation, execution }: DecisionRecord): boolean | null {
  if (recommendation === undefined || execution === undefined) return null
  const isRun = execution.status === 'executed' || execution.status === 'tool_error'
  return isRun === (recommendation === 'proceed' || recommendation === 'proceed_with_caution')
}
