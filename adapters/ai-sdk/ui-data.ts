import type { Decision, DecisionResult, EnforcementMode, ExecutionStatus, FailMode, GovernanceEvent } from 'countersign'

/** What a `data-governance` part tells a page of one call. Nothing of the input is in it: the tool's own part has that. */
export interface GovernanceUIData {
  readonly toolCallId: string
  readonly tool: string
  readonly decisionId: string
  readonly result: DecisionResult
  readonly reason: string
  readonly mode: EnforcementMode
  readonly recommendation?: NonNullable<Decision['recommendation']>
  readonly confidence?: NonNullable<Decision['confidence']>
  readonly riskScore?: number
  /** Set when the evaluation could not be made. */
  readonly failMode?: FailMode
  /** The request a person is to answer. */
  readonly approvalId?: string
  /** SHA-256 (hex) of the input that was decided on. */
  readonly digest: string
  /** Epoch milliseconds of the decision. */
  readonly at: number
  /** The call runs at the provider: recorded, not governed. */
  readonly observed?: true
  /** What then happened; absent until it has. */
  readonly status?: ExecutionStatus
  /** Milliseconds the tool took. */
  readonly durationMs?: number
}

/** For the page's message type: `UIMessage<unknown, GovernanceUIDataTypes, …>`. */
// oxlint-disable-next-line typescript/consistent-type-definitions -- an interface has no index signature, which the SDK requires
export type GovernanceUIDataTypes = { governance: GovernanceUIData }

/** What an event tells a page, if anything. */
export function uiDataOf(event: GovernanceEvent): GovernanceUIData | undefined {
  switch (event.type) {
    case 'decision-made':
      return decisionData(event.decision)
    case 'tool-executed':
    case 'tool-refused': {
      const { status, durationMs } = event.execution
      return { ...decisionData(event.decision), status, durationMs }
    }
    default:
      return undefined
  }
}

function decisionData(decision: Decision): GovernanceUIData {
  const { callId, tool, id, result, reason, mode, digest, at } = decision
  const { recommendation, confidence, riskScore, failMode, approvalId, dryRun } = decision
  return {
    toolCallId: callId,
    tool,
    decisionId: id,
    result,
    reason,
    mode,
    digest,
    at,
    ...(recommendation === undefined ? {} : { recommendation }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(riskScore === undefined ? {} : { riskScore }),
    ...(failMode === undefined ? {} : { failMode }),
    ...(approvalId === undefined ? {} : { approvalId }),
    ...(dryRun === true ? { observed: true } : {}),
  }
}
