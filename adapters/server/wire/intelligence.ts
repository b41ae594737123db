import type { Decision } from 'countersign'

/** From this many similar cases on, an estimate is said to stand on enough. */
const SUFFICIENT = 10
const LOW = 0.3
const HIGH = 0.7

/** Why a decision is as it is: the rules that spoke, and what had been learnt. */
export function intelligenceOf({ learned, findings, policy }: Decision, rationale: string) {
  return {
    projected_regret: learned?.projectedRegret ?? null,
    evidence_status: evidenceStatus(learned),
    trajectory_health: null,
    alternatives: [],
    rationale,
    rule_basis:
      findings.length === 0
        ? null
        : findings.map(({ rule, effect, reason }) => `${rule} (${effect}): ${reason}`).join('; '),
    policy_version: policy.version,
    simulation_summary: {},
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
