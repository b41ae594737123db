import type { Explanation } from './explanation.js'

/** An explanation as decision services spell it: the field `decision_intelligence` of an evaluation. */
export interface WireDecisionIntelligence {
  readonly projected_regret: number | null
  readonly evidence_status: string
  readonly trajectory_health: string
  readonly alternatives: readonly {
    readonly action: string
    readonly rationale: string
    readonly estimated_risk: number | null
    /** Beyond what services say: the changes as data. */
    readonly changes: readonly { readonly path: string; readonly from?: unknown; readonly to?: unknown }[]
  }[]
  readonly rationale: string
  readonly rule_basis: string | null
  readonly simulation_summary: { readonly tried: number; readonly allowed: number }
}

/** An explanation in the words of decision services, for a server that answers with one. */
export function decisionIntelligence(explanation: Explanation): WireDecisionIntelligence {
  const { projectedRegret = null, evidenceStatus, trajectoryHealth, alternatives, rationale } = explanation
  const { ruleBasis, search } = explanation
  return {
    projected_regret: projectedRegret,
    evidence_status: evidenceStatus,
    trajectory_health: trajectoryHealth.status,
    alternatives: alternatives.map(({ action, rationale: why, estimatedRisk = null, changes }) => ({
      action,
      rationale: why,
      estimated_risk: estimatedRisk,
      changes: changes.map(change => ({ ...change })),
    })),
    rationale,
    rule_basis: ruleBasis.length === 0 ? null : ruleBasis.join(', '),
    simulation_summary: { ...search },
  }
}
