import type { DecisionRecord, Outcome, OutcomeReport } from 'countersign'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { meaningOf, type OutcomeMeaning } from '../../../src/learn/insight/label.js'
import { riskOf } from './answer.js'
import { timeOf } from './time.js'

type Body = Readonly<Record<string, unknown>>

/** From this risk on, something bad was foretold. */
const FORETOLD = 0.5

/** Reads a report: what the world answered about a decision. @throws Refusal 422 */
export function readOutcome(
  body: Body,
  decisionId: string,
  by: string,
  at: readonly (string | number)[],
): OutcomeReport {
  const said = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined))
  const fields: Record<string, unknown> = { decisionId, status: said['status'], reportedBy: said['reported_by'] ?? by }
  for (const [name, field] of Object.entries(NAMES)) if (name in said) fields[field] = said[name]
  for (const [name, field] of Object.entries(SECONDS)) if (name in said) fields[field] = (said[name] as number) * 1000
  if ('observed_at' in said) fields['observedAt'] = readTime(said['observed_at'] as string, [...at, 'observed_at'])
  return fields as unknown as OutcomeReport
}

const NAMES = {
  description: 'description',
  details: 'details',
  actual_impact: 'actualImpact',
  correction_needed: 'correctionNeeded',
  correction_description: 'correctionDescription',
  correction_cost: 'correctionCost',
  rollback_performed: 'rollbackPerformed',
  revenue_impact: 'revenueImpact',
  customer_impact_count: 'customerImpactCount',
  support_tickets_created: 'supportTicketsCreated',
  tags: 'tags',
}
const SECONDS = { time_to_detect_s: 'timeToDetectMs', time_to_resolve_s: 'timeToResolveMs' }

/** A time as clients write it: ISO 8601. @throws Refusal 422 */
export function readTime(value: string, at: readonly (string | number)[]): number {
  const time = Date.parse(value)
  if (Number.isFinite(time) && time >= 0) return time
  throw new Refusal(422, [problem(at, 'Input should be a time in ISO 8601, such as 2026-01-31T12:00:00Z', 'datetime')])
}

const CATEGORIES: Readonly<Record<OutcomeMeaning, string>> = { good: 'positive', bad: 'negative', none: 'neutral' }
const SEVERITIES: Readonly<Record<string, string>> = { SUCCESS: 'none', BLOCKED: 'none', FAILURE: 'medium' }

/** What an outcome says in one word. */
export function categoryOf(outcome: Outcome): string {
  return CATEGORIES[meaningOf(outcome)]
}

/** An outcome as clients know it. */
export function writeOutcomeRecord(decision: DecisionRecord, outcome: Outcome) {
  const { status } = outcome
  const category = categoryOf(outcome)
  const risk = riskOf(decision)
  const isBad = category === 'negative' ? 1 : 0
  const isKnown = category !== 'neutral' && risk !== null
  return {
    outcome_id: outcome.id,
    org_id: decision.tenant ?? 'default',
    request_id: decision.id,
    validation_id: decision.id,
    case_id: decision.id,
    status,
    category,
    severity: Object.hasOwn(SEVERITIES, status) ? SEVERITIES[status] : category === 'negative' ? 'high' : 'none',
    reported_at: timeOf(outcome.at),
    reported_by: outcome.reportedBy ?? null,
    report_source: 'api',
    description: outcome.description ?? null,
    decision_context: {
      domain: decision.domain ?? null,
      tool: decision.tool,
      action: decision.action,
      actor: decision.actor,
      actor_type: 'AI_AGENT',
      verdict_was: decision.result,
      risk_score_was: risk,
    },
    decision_at: timeOf(decision.at),
    observed_at: outcome.observedAt === undefined ? null : timeOf(outcome.observedAt),
    time_to_outcome_s: ((outcome.observedAt ?? outcome.at) - decision.at) / 1000,
    details: outcome.details ?? null,
    actual_impact: outcome.actualImpact ?? null,
    correction: {
      needed: outcome.correctionNeeded ?? false,
      description: outcome.correctionDescription ?? null,
      cost: outcome.correctionCost ?? null,
      time_to_detect_s: outcome.timeToDetectMs === undefined ? null : outcome.timeToDetectMs / 1000,
      time_to_resolve_s: outcome.timeToResolveMs === undefined ? null : outcome.timeToResolveMs / 1000,
    },
    rollback: { performed: outcome.rollbackPerformed ?? false },
    business_impact: {
      revenue_impact: outcome.revenueImpact ?? null,
      customer_impact_count: outcome.customerImpactCount ?? 0,
      support_tickets_created: outcome.supportTicketsCreated ?? 0,
    },
    calibration: {
      error: isKnown ? Math.abs(risk - isBad) : null,
      prediction_correct: isKnown ? risk >= FORETOLD === (isBad === 1) : null,
    },
    tags: outcome.tags ?? [],
  }
}
