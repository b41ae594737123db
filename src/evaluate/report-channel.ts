import type { Awaitable, Decision, ExecutionRecord, Outcome } from '../types.js'

/** News for somebody outside. */
export interface Report {
  /** Unique: who is told twice drops the second by it. */
  readonly id: string
  /** What is told together is of one kind. */
  readonly kind: string
  /** JSON. */
  readonly body: string
}

/** How a call ended, as it may be told. */
export interface EndedCall {
  readonly decision: Decision
  readonly execution: ExecutionRecord
  /** Its input, as far as events show it. */
  readonly arguments: unknown
  /** Position in its run, among what is told of that run. */
  readonly seq: number
}

/** A report that will never be taken, and why. */
export interface RefusedReport {
  readonly id: string
  readonly error: unknown
}

/**
 * Somebody outside who is told what became of decisions. What is to be told is written down with what it is about, and told
 * later, at least once.
 */
export interface ReportChannel {
  /** Names who is told: governors on one store that tell the same share the work. */
  readonly destination: () => Awaitable<string>
  /** What is to be told of a call that ended. */
  readonly ofEnding: (ended: EndedCall) => readonly Report[]
  /** What is to be told of what the world answered. */
  readonly ofOutcome: (outcome: Outcome, decision: Decision) => readonly Report[]
  /**
   * Tells reports of one kind. Resolves to those that were refused for good; rejects where it is to be tried again.
   */
  readonly deliver: (
    kind: string,
    reports: readonly Report[],
    options: { readonly signal: AbortSignal },
  ) => Promise<readonly RefusedReport[]>
  /** Reports told together. */
  readonly batchSize: number
  /** Milliseconds that a report waits for others. */
  readonly flushMs: number
  /** Milliseconds for the reports that are left when a governor closes. */
  readonly closeMs: number
}
