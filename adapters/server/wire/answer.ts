import type { Decision, DecisionResult, EnforcementMode, Recommendation } from 'countersign'
import { VERSION } from '../../../src/version.js'
import { type Beside, intelligenceOf, packetOf } from './intelligence.js'

/** What a decision comes to for whoever asks now, which is not always what it said when it was made. */
export interface Standing {
  readonly result: DecisionResult
  /** In the place of the decision's own reason: what a person said. */
  readonly reason?: string
  /** Nothing was decided now: it was let go on before. */
  readonly again?: boolean
  /** Nothing was decided now: the decision is for another credential. */
  readonly ofAnother?: boolean
}

/** The answer to a question about an action: a function of the decision, of where it stands and of what was found beside it, and of nothing else. */
export function writeAnswer(decision: Decision, standing: Standing = decision, beside: Beside = {}) {
  const { mode, id, dryRun = false, learned, failMode } = decision
  const { result } = standing
  const reason = standing.reason ?? decision.reason
  const rationale = standing.reason ?? beside.insight?.rationale ?? decision.reason
  return {
    request_id: id,
    validation_id: id,
    case_id: id,
    // Where a person has had the last word, it is his.
    recommendation: result === decision.result ? advised(mode, result, decision.recommendation) : PLAIN[result],
    recommendation_confidence: decision.confidence ?? null,
    risk_score: riskOf(decision),
    enforcement_mode: mode,
    enforced_verdict: mode === 'enforced' ? result : null,
    decision_intelligence: intelligenceOf(decision, rationale, beside),
    allowed: result === 'allowed',
    already_permitted: standing.again === true,
    result,
    reason,
    blocked_by: result === 'allowed' ? null : standing.ofAnother === true ? 'credential' : blockedBy(decision, result),
    requires_approval: result === 'requires_approval',
    human_review: result === 'requires_approval',
    approval_id: decision.approvalId ?? null,
    usage: {},
    warnings: [
      ...(failMode === undefined ? [] : [`the evaluation could not be made (fail_${failMode})`]),
      ...(standing.again === true ? ['this call was let go on before, by this decision'] : []),
    ],
    dry_run: dryRun,
    mode: dryRun ? 'dry_run' : 'live',
    intelligence: packetIntelligence(decision, beside),
    max_percentage: null,
    duration: null,
    gate_version: `countersign/${VERSION}`,
    policy: decision.policy,
    verdict_changed: decision.recommendation !== undefined && changes(decision.recommendation, result),
    learning_influenced: learned?.autonomy?.letThrough === true,
    verdict_override: {},
    decision_packet: packetOf(decision),
  }
}

/** The risk that is stated: the evaluator's, else the learnt one. */
export function riskOf({ riskScore, learned }: Decision): number | null {
  return riskScore ?? learned?.risk ?? null
}

/** Whose word keeps a call from going on. */
export function blockedBy({ findings, failMode, evaluator }: Decision, result: DecisionResult): string {
  if (failMode !== undefined) return 'fail_mode'
  const effect = result === 'blocked' ? 'deny' : 'require_approval'
  const deciding = findings.find(finding => finding.effect === effect)
  if (deciding === undefined) return result === 'blocked' && findings.length > 0 ? 'approval' : evaluator
  return deciding.rule === 'kill-switch' ? 'kill_switch' : deciding.rule
}

/** What clients of a mode make of each advice. */
const MEANS: Readonly<Record<EnforcementMode, Readonly<Record<Recommendation, readonly DecisionResult[]>>>> = {
  enforced: {
    proceed: ['allowed', 'requires_approval', 'blocked'],
    proceed_with_caution: ['allowed', 'requires_approval', 'blocked'],
    review_recommended: ['allowed', 'requires_approval', 'blocked'],
    do_not_proceed: ['allowed', 'requires_approval', 'blocked'],
  },
  review: {
    proceed: ['allowed'],
    proceed_with_caution: ['requires_approval'],
    review_recommended: ['requires_approval'],
    do_not_proceed: ['blocked'],
  },
  advisory: {
    proceed: ['allowed'],
    proceed_with_caution: ['allowed'],
    review_recommended: ['allowed', 'requires_approval'],
    do_not_proceed: ['blocked'],
  },
}

const PLAIN: Readonly<Record<DecisionResult, Recommendation>> = {
  allowed: 'proceed',
  requires_approval: 'review_recommended',
  blocked: 'do_not_proceed',
}

/** The advice, unless a client of this mode would make something else of it than what the call has come to: then the strongest that does not. */
function advised(mode: EnforcementMode, result: DecisionResult, advice: Recommendation | undefined): Recommendation {
  if (advice !== undefined && MEANS[mode][advice].includes(result)) return advice
  return mode === 'advisory' && result === 'allowed' && advice === 'do_not_proceed'
    ? 'review_recommended'
    : PLAIN[result]
}

function changes(advice: Recommendation, result: DecisionResult): boolean {
  return (advice === 'do_not_proceed') !== (result === 'blocked')
}

function packetIntelligence(decision: Decision, { health, insight }: Beside) {
  const { learned, confidence, recommendation, sessionId, traceId } = decision
  const evidence = learned?.evidence
  const known = evidence === undefined ? 0 : evidence.exact + evidence.nearly
  return {
    advised: recommendation ?? null,
    confidence: {
      // Where nothing like it was ever judged, knowing the words of the call is no ground for confidence.
      score: evidence === undefined ? null : known === 0 ? 0 : evidence.familiar,
      level: learned?.confidence ?? confidence ?? null,
      novel_situation: evidence === undefined ? null : known === 0,
      reason: decision.reason,
    },
    // Clients read these without looking whether they are there.
    counterfactual: counterfactualOf(insight),
    credit_score: null,
    simulation: { available: false },
    precedents: {
      total_precedents: known,
      with_outcomes: known,
      success_rate: null,
      negative_rate: null,
      risk_adjustment: null,
      risk_level: known === 0 ? 'unknown' : packetOf(decision).signal.risk_band,
      confidence: evidence === undefined ? null : known === 0 ? 0 : evidence.familiar,
      summary: learned?.precedents ?? null,
      warnings: [],
    },
    decision_memory: evidence === undefined ? null : { same_tool: evidence.tool, exact: evidence.exact },
    trajectory_id: sessionId ?? traceId,
    trajectory_health: health ?? null,
  }
}

/** The nearest form of the call that would be allowed, as it was found. */
function counterfactualOf(insight: Beside['insight']) {
  const [nearest] = insight?.alternatives ?? []
  return {
    available: nearest !== undefined,
    easiest_change: nearest?.rationale ?? null,
    would_allow: nearest !== undefined,
  }
}
