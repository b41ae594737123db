import type { ApprovalLoop, Decision, EnforcementMode, ExecutionStatus, Recommendation } from 'countersign'
import type { ServiceSignal } from './service-signal.js'

/** A decision in the words of decision services, beside its own. */
export type RunDecision = Decision & {
  readonly allowed: boolean
  readonly requiresApproval: boolean
  /** What outcomes are reported against; the decision's own id. */
  readonly requestId: string
}

/** What became of one proposed call. */
export interface ToolExecutionEvent extends ServiceSignal {
  /** Unique: consumers that may see an event twice drop the second by it. */
  readonly eventId: string
  /** The run. */
  readonly traceId: string
  /** Position in the run: 0, 1, 2 … without gaps, the same for whoever listens and in the result. */
  readonly seq: number
  readonly schemaVersion: 1
  /** `countersign@` and the package's version. */
  readonly sourceVersion: string
  readonly tool: string
  readonly callId: string
  readonly status: ExecutionStatus
  /** Id of the decision; none where there was nothing to decide. */
  readonly requestId: string | undefined
  /** Absent where there was nothing to decide on: no such tool, or arguments that are none. */
  readonly decision?: RunDecision
  /** As the tool's schema made them; as the model wrote them, where it could not. */
  readonly arguments: unknown
  /** What the tool returned. */
  readonly output?: unknown
  /** What it returned for listeners only. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Why it did not run, or what it threw. Stays in this process: the model is not shown it. */
  readonly error?: unknown
  readonly recommendation?: Recommendation
  readonly riskScore?: number
  readonly enforcementMode?: EnforcementMode
  /** The request to a person it waits, or waited, under. */
  readonly approvalLoop?: ApprovalLoop
  /** It ran before, and this is its receipt. */
  readonly replayed?: true
  /** What a reviewer changed, in words. */
  readonly notice?: string
  /** Milliseconds from its decision to its end. */
  readonly durationMs: number
}
