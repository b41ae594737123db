import type { Outcome, OutcomeReport } from 'countersign'
import { present } from '../../../src/ambient.js'
import type { Case } from '../knowledge/case.js'
import { fieldsOf, isGiven, textOf } from '../knowledge/sent.js'
import { timeOf } from './time.js'

/** A case as clients know it. What was not said is null. */
export function writeCase(known: Case) {
  const { id, source, at, outcomes, label, isTaught, told } = known
  const last = outcomes.at(-1)
  return {
    case_id: id,
    request_id: source === 'decision' ? id : null,
    source,
    domain: known.domain ?? null,
    action: {
      tool: known.tool,
      action: known.action,
      value: known.value ?? null,
      target: known.target ?? null,
    },
    actor: known.actor ?? null,
    verdict: {
      verdict: known.verdict,
      mode: known.mode ?? null,
      reasons: known.reasons,
      risk_score: known.riskScore ?? null,
      confidence: known.confidence ?? null,
    },
    has_outcome: last !== undefined,
    outcome_count: outcomes.length,
    outcome_status: last?.status ?? null,
    outcome: last === undefined ? null : writeCaseOutcome(id, last),
    /** `good` or `bad`, and whose word that is: `outcome` or `resolution`. */
    label: label?.kind ?? null,
    label_source: label?.source ?? null,
    learned_from: isTaught,
    created_at: timeOf(at),
    ...told,
  }
}

/** What came of a case. */
export function writeCaseOutcome(caseId: string, outcome: Outcome) {
  return {
    outcome_id: outcome.id,
    case_id: caseId,
    status: outcome.status,
    description: outcome.description ?? null,
    details: outcome.details ?? null,
    actual_impact: outcome.actualImpact ?? null,
    correction_needed: outcome.correctionNeeded ?? null,
    rollback_performed: outcome.rollbackPerformed ?? null,
    revenue_impact: outcome.revenueImpact ?? null,
    reported_at: timeOf(outcome.at),
    reported_by: outcome.reportedBy ?? null,
  }
}

/** What a client says came of a case. */
export function readCaseOutcome(
  decisionId: string,
  body: Readonly<Record<string, unknown>>,
  reportedBy: string | undefined,
): OutcomeReport {
  const { description, details, revenue_impact: revenueImpact, actual_impact: actualImpact } = body
  const report = {
    description: textOf(description),
    details: isGiven(details) ? fieldsOf(details) : undefined,
    actualImpact: isGiven(actualImpact) ? fieldsOf(actualImpact) : undefined,
    correctionNeeded: body['correction_needed'] ?? undefined,
    rollbackPerformed: body['rollback_performed'] ?? undefined,
    revenueImpact: revenueImpact ?? undefined,
    reportedBy,
  }
  return {
    decisionId,
    status: String(body['status']),
    ...(present(report) as Omit<OutcomeReport, 'decisionId' | 'status'>),
  }
}
