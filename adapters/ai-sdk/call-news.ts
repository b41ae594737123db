import type { Approval, ApprovalView, Decision, ExecutionRecord, GovernanceEvent, Governor } from 'countersign'

/** What a page may know of the request to a person. */
export type ApprovalNews = Pick<ApprovalView, 'id' | 'status' | 'by' | 'changed'>

/** What is known of one call so far. */
export interface CallNews {
  readonly decisionId: string
  readonly decision?: Decision
  readonly execution?: Pick<ExecutionRecord, 'status' | 'durationMs'>
  readonly approval?: ApprovalNews
  readonly replayed?: true
}

/** What an event tells of a call, if anything. */
export function newsOf(event: GovernanceEvent): { readonly toolCallId: string; readonly news: CallNews } | undefined {
  switch (event.type) {
    case 'decision-made': {
      const { decision } = event
      return { toolCallId: decision.callId, news: { decisionId: decision.id, decision } }
    }
    case 'tool-executed':
    case 'tool-refused': {
      const { decision, execution } = event
      return { toolCallId: decision.callId, news: { decisionId: decision.id, decision, execution } }
    }
    case 'approval-requested':
    case 'approval-changed': {
      const { callId, decisionId } = event.approval
      return { toolCallId: callId, news: { decisionId, approval: event.approval } }
    }
    case 'receipt-returned': {
      const { callId, decisionId } = event.receipt
      return { toolCallId: callId, news: { decisionId, replayed: true } }
    }
    default:
      return undefined
  }
}

/** What is known now. News under another decision is of another call with the same id. */
export function withNews(known: CallNews | undefined, news: CallNews): CallNews {
  return known?.decisionId === news.decisionId ? { ...known, ...news } : news
}

/** Whether a page can be told: what was decided before this request began has to be looked up. */
export function isComplete({ decision, execution, approval, replayed }: CallNews): boolean {
  if (decision === undefined || (replayed === true && execution === undefined)) return false
  const wasAnswered =
    decision.approvalId !== undefined && execution !== undefined && execution.status !== 'approval_required'
  return !wasAnswered || approval !== undefined
}

/** The news with what the store knows besides. */
export async function lookUp(news: CallNews, governor: Governor): Promise<CallNews> {
  const record = isDecided(news) ? undefined : await governor.decisions.get(news.decisionId)
  const { decision = record, execution = record?.execution } = news
  const approvalId = news.approval === undefined ? decision?.approvalId : undefined
  const approval = approvalId === undefined ? undefined : await governor.approvals.get(approvalId)
  return {
    ...news,
    ...(decision === undefined ? {} : { decision }),
    ...(execution === undefined ? {} : { execution }),
    ...(approval === undefined ? {} : { approval: viewOf(approval) }),
  }
}

function isDecided({ decision, execution, replayed }: CallNews): boolean {
  return decision !== undefined && (replayed !== true || execution !== undefined)
}

function viewOf(approval: Approval): ApprovalNews {
  const edit = 'edit' in approval ? approval.edit : undefined
  return {
    id: approval.id,
    status: approval.status,
    ...('by' in approval ? { by: approval.by } : {}),
    ...(edit === undefined ? {} : { changed: edit.changes.map(({ path }) => path) }),
  }
}
