import type { Decision, TrajectoryHealth, WireDecisionIntelligence } from 'countersign'

/** From this many similar cases on, an estimate is said to stand on enough. */
const SUFFICIENT = 10
const LOW = 0.3
const HIGH = 0.7

/** What would be allowed instead of a call that was not, as it was found when it was answered. */
export type Insight = Pick<WireDecisionIntelligence, 'alternatives' | 'rationale' | 'simulation_summary'>

/** What is said of a decision beyond what is recorded of it. */
export interface Beside {
  /** How its session went until then. */
  readonly health?: TrajectoryHealth['status']
  readonly insight?: Insight
}

/** Why a decision is as it is: the rules that spoke, what had been learnt, and what would be allowed. */
export function intelligenceOf(
  { learned, findings, policy }: Decision,
  rationale: string,
  { health, insight }: Beside = {},
) {
  return {
    projected_regret: learned?.projectedRegret ?? null,
    evidence_status: evidenceStatus(learned),
    trajectory_health: health ?? null,
    alternatives: insight?.alternatives ?? [],
    rationale,
    rule_basis:
      findings.length === 0
        ? null
        : findings.map(({ rule, effect, reason }) => `${rule} (${effect}): ${reason}`).join('; '),
    policy_version: policy.version,
    simulation_summary: insight?.simulation_summary ?? {},
  }
}

/** Bands in the place of figures. */
export function packetOf({ riskScore, learned, confidence }: Decision) {
  const risk = riskScore ?? learned?.risk
  return {
    signal: {
      risk_band: bandOf(risk),
      confidence_zone: learned?.confidence ?? confidence ?? 'unknown',
      regret_band: bandOf(learned?.projectedRegret),
    },
  }
}

function evidenceStatus(learned: Decision['learned']): 'none' | 'sparse' | 'sufficient' {
  const known = learned === undefined ? 0 : learned.evidence.exact + learned.evidence.nearly
  if (known === 0) return 'none'
  return known < SUFFICIENT ? 'sparse' : 'sufficient'
}

function bandOf(share: number | undefined): 'low' | 'medium' | 'high' | 'unknown' {
  if (share === undefined) return 'unknown'
  if (share < LOW) return 'low'
  return share < HIGH ? 'medium' : 'high'
}
