import type { CircuitChange } from '../service/resilience.js'
import type { Scope } from '../types.js'
import type { ModelFailureKind } from './failure.js'
import type { ModelTarget, TokenUsage } from './request.js'

/** What every event of a request carries. */
export interface ModelEventBase extends ModelTarget {
  /** Epoch milliseconds. */
  readonly at: number
  /** The request: one, however many attempts it takes. */
  readonly requestId: string
  readonly scope: Scope
}

/** Something was sent to a model, and answered or not. Of a stream, this is its first chunk. */
export interface ModelAttemptEnded extends ModelEventBase {
  readonly type: 'model-attempt-ended'
  /** 1, 2, 3 … over all models of the request. */
  readonly attempt: number
  readonly status: 'succeeded' | 'failed'
  /** What went wrong, where something did. */
  readonly kind?: ModelFailureKind
  /** HTTP status of a failure, where there was an answer. */
  readonly httpStatus?: number
  /** Milliseconds from sending to the answer; of a stream, to its first chunk. */
  readonly latencyMs: number
  /** Milliseconds that it waited for its turn before that. */
  readonly queuedMs: number
  /** Stays in this process. */
  readonly error?: unknown
}

/** A failed attempt will be followed by another one. */
export interface ModelRetryScheduled extends ModelEventBase {
  readonly type: 'model-retry-scheduled'
  readonly kind: ModelFailureKind
  readonly delayMs: number
}

/** Nothing was sent to a model; the next one is asked, if there is one. */
export interface ModelSkipped extends ModelEventBase {
  readonly type: 'model-skipped'
  readonly kind: 'circuit' | 'busy' | 'budget'
  /** Name of the budget that would be exceeded. */
  readonly budget?: string
}

/** A request is over. `provider` and `model` are of whoever answered, or was asked last. */
export interface ModelRequestEnded extends ModelEventBase {
  readonly type: 'model-request-ended'
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  readonly kind?: ModelFailureKind
  /** Requests that were sent. */
  readonly attempts: number
  /** Milliseconds in all, waiting included. */
  readonly latencyMs: number
  /** Milliseconds until a stream's first chunk, waiting included. */
  readonly firstChunkMs?: number
  /** What the provider says it took; nothing, where it does not say or the answer came from the cache. */
  readonly usage?: TokenUsage
  /** By the table of prices, in its currency. */
  readonly cost?: number
  /** `hit`: answered from the cache; `miss`: looked for there. */
  readonly cache?: 'hit' | 'miss'
}

/** A model's circuit breaker changed. */
export interface ModelCircuitChanged extends ModelTarget {
  readonly type: 'model-circuit-changed'
  readonly at: number
  readonly state: CircuitChange['state']
}

/** What was really used could not be written down: what was reserved for it stays counted. `error` stays in this process. */
export interface BudgetUnsettled extends ModelEventBase {
  readonly type: 'budget-unsettled'
  readonly error: unknown
}

/** What happened on the way to models. */
export type ModelEvent =
  | ModelAttemptEnded
  | ModelRetryScheduled
  | ModelSkipped
  | ModelRequestEnded
  | ModelCircuitChanged
  | BudgetUnsettled

/** Listens to events. It is never waited for, and what it throws never reaches a request. */
export type ModelListener = (event: ModelEvent) => unknown
