import type { Evaluation, Evaluator } from 'countersign'
import type { EvaluatorCase } from 'countersign/testing'

const NAMES: Readonly<Record<string, keyof Evaluation>> = {
  recommendation: 'recommendation',
  recommendation_confidence: 'confidence',
  risk_score: 'riskScore',
  enforcement_mode: 'enforcementMode',
  enforced_verdict: 'enforcedVerdict',
  requires_approval: 'requiresApproval',
  human_review: 'humanReview',
  allowed: 'allowed',
  result: 'result',
  reason: 'reason',
}

/** An answer of the wire as an evaluator in the process gives it; what is no answer stays what it is. */
export function asEvaluation(answer: unknown): Evaluation {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return answer as Evaluation
  const fields = Object.entries(answer).map(([name, value]) => [Object.hasOwn(NAMES, name) ? NAMES[name] : name, value])
  return Object.fromEntries(fields) as Evaluation
}

/** An evaluator that answers as a case has it. */
export function inProcess({ answer, trouble }: EvaluatorCase, late: Promise<void>): Evaluator {
  return {
    name: 'in-process',
    evaluate: async () => {
      if (trouble === 'error') throw new Error('a secret of the service')
      if (trouble === 'late') await late
      return asEvaluation(answer)
    },
  }
}
