import type { ApprovalStatus, Decision, DecisionResult, EnforcementMode, ExecutionStatus, FailMode } from 'countersign'
import type { ApprovalNews, CallNews } from './call-news.js'

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
  /** What became of the request, and whose answer settled it. */
  readonly approval?: { readonly status: Exclude<ApprovalStatus, 'consumed'>; readonly by?: string }
  /** A reviewer has changed the call: the paths of the input that are not what the model had proposed. */
  readonly edit?: { readonly changed: readonly string[] }
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
  /** It ran before, and this is its receipt: nothing was executed now. */
  readonly replayed?: true
}

/** For the page's message type: `UIMessage<unknown, GovernanceUIDataTypes, …>`. */
// oxlint-disable-next-line typescript/consistent-type-definitions -- an interface has no index signature, which the SDK requires
export type GovernanceUIDataTypes = { governance: GovernanceUIData }

/** What a page is told of a call; nothing before it is decided on. */
export function uiDataOf({ decision, execution, approval, replayed }: CallNews): GovernanceUIData | undefined {
  if (decision === undefined) return undefined
  return {
    ...decisionData(decision),
    ...(approval === undefined ? {} : approvalData(approval)),
    ...(execution === undefined ? {} : { status: execution.status, durationMs: execution.durationMs }),
    ...(replayed === true ? { replayed } : {}),
  }
}

function approvalData({ status, by, changed }: ApprovalNews): Pick<GovernanceUIData, 'approval' | 'edit'> {
  const shown = status === 'consumed' ? 'approved' : status
  return {
    approval: { status: shown, ...(by === undefined ? {} : { by }) },
    ...(changed === undefined ? {} : { edit: { changed } }),
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
