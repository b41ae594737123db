import type { Awaitable, Confidence, EnforcementMode, EvaluationRequest, Finding, Recommendation } from '../types.js'

/**
 * An answer about one call. One that speaks in rules fills `findings`; a service may answer with a recommendation, with
 * an enforced verdict, or (older ones) with `allowed` or `result` alone. Strings are wide here on purpose: what an evaluator
 * says is checked, and a word nobody knows is never an allow.
 */
export interface Evaluation {
  readonly findings?: readonly Finding[]
  readonly recommendation?: Recommendation | (string & {})
  readonly confidence?: Confidence
  /** 0..1 */
  readonly riskScore?: number
  /** Overrides the governor's mode for this call. */
  readonly enforcementMode?: EnforcementMode | (string & {})
  readonly enforcedVerdict?: 'allowed' | 'proceed' | 'requires_approval' | 'blocked' | (string & {})
  readonly requiresApproval?: boolean
  readonly humanReview?: boolean
  /** Older services. */
  readonly allowed?: boolean
  /** Older services. */
  readonly result?: string
  readonly reason?: string
}

/** Who may be asked besides the policy: a service, a model, a function of your own. */
export interface Evaluator {
  /** For records and messages. @defaultValue `remote` */
  readonly name?: string
  /** Must settle before `signal` aborts; a late answer is not an answer. */
  readonly evaluate: (request: EvaluationRequest, options: { readonly signal: AbortSignal }) => Awaitable<Evaluation>
}
