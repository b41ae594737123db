/** A request about one action, as clients of every version send it. */
export interface WireAction {
  readonly action: string
  readonly actor?: string | null
  readonly value?: number | null
  readonly target?: string | null
  readonly domain?: string | null
  /** With the session's and the trajectory's id, if the client has them; what was sent as `metadata` is in it. */
  readonly context?: Readonly<Record<string, unknown>> | null
  readonly dry_run?: boolean | null
  readonly [field: string]: unknown
}

/** An answer about one action. Every field may be missing: older services give `allowed` or `result` alone. */
export interface WireAnswer {
  /** Given by the stand-in unless it is here; `null` is sent as it is. */
  readonly request_id?: string | null
  readonly recommendation?:
    | 'proceed'
    | 'proceed_with_caution'
    | 'review_recommended'
    | 'do_not_proceed'
    | (string & {})
    | null
  readonly recommendation_confidence?: 'high' | 'medium' | 'low' | (string & {}) | null
  /** 0..1 */
  readonly risk_score?: number | null
  readonly enforcement_mode?: 'advisory' | 'review' | 'enforced' | (string & {}) | null
  readonly enforced_verdict?: 'allowed' | 'blocked' | 'requires_approval' | 'proceed' | (string & {}) | null
  readonly requires_approval?: boolean | null
  readonly human_review?: boolean | null
  readonly allowed?: boolean | null
  readonly result?: 'allowed' | 'blocked' | 'requires_approval' | (string & {}) | null
  readonly reason?: string | null
  readonly blocked_by?: string | null
  readonly decision_intelligence?: Readonly<Record<string, unknown>> | null
  readonly intelligence?: Readonly<Record<string, unknown>> | null
  readonly decision_packet?: Readonly<Record<string, unknown>> | null
  readonly warnings?: readonly string[] | null
  readonly dry_run?: boolean | null
  /** Whatever else a service says. */
  readonly [field: string]: unknown
}

/** What a service answers that stands in for nobody in particular: go on, at little risk. */
export const PROCEED: WireAnswer = {
  recommendation: 'proceed',
  recommendation_confidence: 'high',
  risk_score: 0.05,
  enforcement_mode: 'advisory',
  enforced_verdict: null,
  decision_intelligence: {
    projected_regret: 0.02,
    evidence_status: 'sufficient',
    trajectory_health: 'healthy',
    alternatives: [],
    rationale: 'similar actions went well',
    rule_basis: null,
    simulation_summary: null,
  },
  allowed: true,
  result: 'allowed',
  reason: 'similar actions went well',
  blocked_by: null,
  requires_approval: false,
  human_review: false,
  warnings: [],
  decision_packet: { signal: { risk_band: 'low', confidence_zone: 'high', regret_band: 'low' } },
  gate_version: 'stand-in',
}
