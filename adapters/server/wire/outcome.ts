import type { DecisionRecord, Outcome, OutcomeReport } from 'countersign'
import { Refusal } from '../../../src/service/protocol/refusal.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { meaningOf, type OutcomeMeaning, type OutcomeMeanings } from '../../../src/learn/insight/label.js'
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
  return fields as OutcomeReport
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
/** How bad it was, of 1; anything else that is bad is as bad as can be. */
const SEVERITIES: Readonly<Record<string, number>> = { SUCCESS: 0, BLOCKED: 0, FAILURE: 0.5 }

/** What an outcome says in one word. */
export function categoryOf(outcome: Outcome, meanings: OutcomeMeanings): string {
  return CATEGORIES[meaningOf(outcome, meanings)]
}

/** An outcome as clients know it. */
export function writeOutcomeRecord(decision: DecisionRecord, outcome: Outcome, meanings: OutcomeMeanings) {
  const { status, details = {}, actualImpact = {}, description = '', reportedBy = '', tags = [] } = outcome
  const category = categoryOf(outcome, meanings)
  const bad = category === 'negative' ? 1 : 0
  return {
    outcome_id: outcome.id,
    org_id: decision.tenant ?? 'default',
    request_id: decision.id,
    validation_id: decision.id,
    case_id: decision.id,
    status,
    category,
    severity: Object.hasOwn(SEVERITIES, status) ? SEVERITIES[status] : bad,
    reported_at: timeOf(outcome.at),
    reported_by: reportedBy,
    report_source: 'api',
    description,
    ...writeContext(decision, outcome),
    details,
    actual_impact: actualImpact,
    ...writeCosts(outcome),
    calibration: writeCalibration(decision, category),
    tags,
  }
}

function writeContext(decision: DecisionRecord, { observedAt, at }: Outcome) {
  const { domain = null, tool, action, actor, result } = decision
  return {
    decision_context: {
      domain,
      tool,
      action,
      actor,
      actor_type: 'AI_AGENT',
      verdict_was: result,
      risk_score_was: riskOf(decision),
    },
    decision_at: timeOf(decision.at),
    observed_at: observedAt === undefined ? null : timeOf(observedAt),
    time_to_outcome_s: ((observedAt ?? at) - decision.at) / 1000,
  }
}

function writeCosts(outcome: Outcome) {
  const { correctionDescription = '', correctionCost = null, revenueImpact = null } = outcome
  const { correctionNeeded = false, rollbackPerformed = false } = outcome
  const { customerImpactCount = 0, supportTicketsCreated = 0 } = outcome
  return {
    correction: {
      needed: correctionNeeded,
      description: correctionDescription,
      cost: correctionCost,
      time_to_detect_s: seconds(outcome.timeToDetectMs),
      time_to_resolve_s: seconds(outcome.timeToResolveMs),
    },
    rollback: { performed: rollbackPerformed },
    business_impact: {
      revenue_impact: revenueImpact,
      customer_impact_count: customerImpactCount,
      support_tickets_created: supportTicketsCreated,
    },
  }
}

function writeCalibration(decision: DecisionRecord, category: string) {
  const risk = riskOf(decision)
  if (category === 'neutral' || risk === null) return { error: null, prediction_correct: null }
  const isBad = category === 'negative'
  return { error: Math.abs(risk - Number(isBad)), prediction_correct: risk >= FORETOLD === isBad }
}

function seconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000
}
