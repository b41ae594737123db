import type { CircuitChange } from '../service/resilience.js'
import type {
  Awaitable,
  Confidence,
  EnforcementMode,
  EvaluationRequest,
  Fallback,
  Finding,
  Recommendation,
  ServiceFacts,
} from '../types.js'
import type { AnswerChannel } from './answer-channel.js'
import type { ReportChannel } from './report-channel.js'

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
  /** What a decision service said besides; recorded with the decision. */
  readonly service?: ServiceFacts
  /** Whose word this is, where it is not a fresh answer. `local`: the policy alone decides, as if nobody else was there to ask. */
  readonly fallback?: Fallback
}

/** What a question is asked for. */
export interface Purpose {
  /** Nothing will be executed: the service need not remember it. @defaultValue false */
  readonly dryRun?: boolean
  /** The call was decided on before, and is about to run: what was answered then is of no use any more. @defaultValue false */
  readonly again?: boolean
}

/** What an evaluator is told of a question. */
export interface EvaluateOptions extends Required<Purpose> {
  /** Aborted when an answer is of no use any more. */
  readonly signal: AbortSignal
  /** Milliseconds until then. */
  readonly remainingMs: number
}

/** Who may be asked besides the policy: a service, a model, a function of your own. */
export interface Evaluator {
  /** For records and messages. @defaultValue `remote` */
  readonly name?: string
  /** Milliseconds it may take: the deadline of a governor that states none. */
  readonly deadlineMs?: number
  /** Must settle before `signal` aborts; a late answer is not an answer. What it throws, or rejects with, is the fail mode. */
  readonly evaluate: (request: EvaluationRequest, options: EvaluateOptions) => Awaitable<Evaluation>
  /** What stands in for an answer that could not be had, for whatever reason; nothing where the fail mode is to decide. */
  readonly fallback?: (request: EvaluationRequest, error: unknown) => Evaluation | undefined
  /** Who is told what became of its decisions. */
  readonly reports?: ReportChannel
  /** Where answers of people are found whom it asks itself. */
  readonly answers?: AnswerChannel
  /** Hears of its circuit breaker. Returns a function that stops it. */
  readonly onCircuitChange?: (listener: (change: CircuitChange) => void) => () => void
  /** Called when a governor closes; others may still be asking. */
  readonly close?: () => void
}
