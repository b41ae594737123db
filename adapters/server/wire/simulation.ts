import type { DecisionRecord } from 'countersign'
import type { Past } from '../past/past.js'
import { timeOf } from './time.js'

/** A decision for which a risk was stated. */
export type Predicted = Past & { readonly record: DecisionRecord & { readonly riskScore: number } }

/** Whether a risk was stated for a decision. */
export function hasPrediction(decided: Past): decided is Predicted {
  return decided.record.riskScore !== undefined
}

/** What was foretold of a call, and what came. */
export function writeSimulation({ record, label }: Predicted) {
  const { id, at, tool, action, domain, actor, execution, outcomes, dryRun } = record
  return {
    snapshot_id: id,
    request_id: id,
    tool,
    action,
    domain: domain ?? null,
    actor,
    dry_run: dryRun === true,
    predicted: writePrediction(record),
    actual: {
      /** `good` or `bad`; null while nobody has said. */
      label: label?.kind ?? null,
      label_source: label?.source ?? null,
      outcome_status: outcomes.at(-1)?.status ?? null,
      execution_status: execution?.status ?? null,
    },
    has_outcome: label !== undefined,
    created_at: timeOf(at),
  }
}

/** `by`: `learning`, or whoever else stated the risk. */
function writePrediction({ riskScore, learned, evaluator, confidence, recommendation }: Predicted['record']) {
  return {
    risk: riskScore,
    by: learned?.risk === riskScore ? 'learning' : evaluator,
    failure_risk: learned?.errorRisk ?? null,
    confidence: learned?.confidence ?? confidence ?? null,
    recommendation: learned?.recommendation ?? recommendation ?? null,
    projected_regret: learned?.projectedRegret ?? null,
    evidence: learned?.evidence ?? null,
  }
}

/**
 * `error`: |risk − label|, the label being 1 where the call turned out bad; null while nobody has said. `correct`: whether
 * the risk lies on the label's side of one half. `failure_error`: likewise of the chance that the tool fails, once it ran.
 */
export function writeComparison(predicted: Predicted) {
  const { record, label } = predicted
  const { riskScore, learned, execution } = record
  const isBad = label && label.kind === 'bad'
  const ran = execution?.status === 'executed' || execution?.status === 'tool_error'
  const failed = execution?.status === 'tool_error' ? 1 : 0
  const error = isBad === undefined ? null : Math.abs(riskScore - (isBad ? 1 : 0))
  return {
    ...writeSimulation(predicted),
    predicted_risk: riskScore,
    actual_outcome: record.outcomes.at(-1)?.status ?? null,
    calibration_error: error,
    comparison: {
      predicted_risk: riskScore,
      actual: label?.kind ?? null,
      error,
      correct: isBad === undefined ? null : riskScore >= 0.5 === isBad,
      failure_error: learned === undefined || !ran ? null : Math.abs(learned.errorRisk - failed),
    },
  }
}
