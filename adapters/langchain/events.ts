import type { Decision, DecisionResult, EnforcementMode, ExecutionStatus, Recommendation } from 'countersign'
import type { CallConfig } from './place.js'

/** Name of the callback event, and of the part that `@ai-sdk/langchain` makes of the streamed one: `data-governance`. */
export const GOVERNANCE_EVENT = 'governance'

/** What LangChain's own streams carry of a decision: when it is taken, and with a `status` when the call has ended. */
export interface GovernanceData {
  readonly decisionId: string
  /** The framework's id of the call; a call without one has none. */
  readonly toolCallId?: string
  readonly tool: string
  readonly result: DecisionResult
  readonly status?: ExecutionStatus
  readonly reason: string
  readonly mode: EnforcementMode
  /** Ids of the rules that spoke. */
  readonly rules: readonly string[]
  readonly approvalId?: string
  readonly recommendation?: Recommendation
}

/** Takes callback events of one run: LangChain's run manager, or a callback manager with the run's id bound. */
export interface EventSink {
  readonly handleCustomEvent?: (name: string, data: unknown, runId: string) => Promise<void>
  readonly runId?: string
}

/** The callback manager of a config, if anybody listens to it: for calls that LangChain gives no run of their own. */
export function sinkOf({ callbacks }: CallConfig): EventSink | undefined {
  if (typeof callbacks !== 'object' || callbacks === null || !('handleCustomEvent' in callbacks)) return undefined
  const manager = callbacks as EventSink & {
    readonly handlers?: readonly unknown[]
    readonly getParentRunId?: () => string | undefined
  }
  const runId = manager.getParentRunId?.()
  if (runId === undefined || manager.handlers?.length === 0) return undefined
  return { runId, handleCustomEvent: async (name, data) => manager.handleCustomEvent?.(name, data, runId) }
}

/** A decision as streams carry it. */
export function governanceData(
  decision: Decision,
  toolCallId: string | undefined,
  status?: ExecutionStatus,
): GovernanceData {
  const { id, tool, result, reason, mode, findings, approvalId, recommendation } = decision
  return {
    decisionId: id,
    ...(toolCallId === undefined ? {} : { toolCallId }),
    tool,
    result,
    ...(status === undefined ? {} : { status }),
    reason,
    mode,
    rules: findings.map(finding => finding.rule),
    ...(approvalId === undefined ? {} : { approvalId }),
    ...(recommendation === undefined ? {} : { recommendation }),
  }
}

/** Whether anybody could hear; where nobody can, the data need not be made. */
export function isHeard({ writer }: CallConfig, sink: EventSink | undefined): boolean {
  return typeof writer === 'function' || sink !== undefined
}

/** Tells LangChain's streams and callbacks. Never waited for; what a listener throws never reaches the call. */
export function tell({ writer }: CallConfig, sink: EventSink | undefined, data: GovernanceData): void {
  try {
    const { toolCallId } = data
    writer?.({ type: GOVERNANCE_EVENT, ...(toolCallId === undefined ? {} : { id: toolCallId }), ...data })
  } catch {
    // A stream that its reader has closed.
  }
  try {
    sink?.handleCustomEvent?.(GOVERNANCE_EVENT, data, sink.runId ?? '').catch(() => undefined)
  } catch {
    // A handler of a foreign make that throws at once; LangChain reports those of its own.
  }
}
