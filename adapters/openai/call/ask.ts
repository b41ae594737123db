import {
  type Approval,
  type Awaitable,
  type Decision,
  type Execution,
  type Governor,
  isGovernanceError,
  type SignedResolution,
  type ToolCall,
} from 'countersign'

/** What a person is asked about. */
export interface AskContext {
  /** What the request goes by. */
  readonly requestId: string
  readonly approval: Approval
  readonly decision: Decision
  /** With its real arguments. */
  readonly call: ToolCall
}

/** What a person answered. */
export interface AskAnswer {
  /** `denied` is another word for `rejected`. */
  readonly resolution: 'approved' | 'rejected' | 'denied'
  readonly comment?: string
  /** Who answered: never the principal that acts. @defaultValue `onApprovalRequired` */
  readonly by?: string
  /** Approves the call with other arguments, which are decided on like a new call's. */
  readonly input?: unknown
}

/** Asks a person. Nothing is answered by `undefined`: then the call stays held. */
export type AskPerson = (context: AskContext) => Awaitable<AskAnswer | SignedResolution | undefined>

/** Who is asked, and where answers go. */
export interface Asking {
  readonly session: Governor
  readonly askPerson: AskPerson | undefined
}

/** Runs a call; one that is held is asked about, and with a yes runs after all. An answer that cannot be used leaves it held. */
export async function ask(run: () => Promise<Execution>, call: ToolCall, asking: Asking): Promise<Execution> {
  const execution = await run()
  const { askPerson } = asking
  if (execution.status !== 'approval_required' || askPerson === undefined) return execution
  const { approvalId, decision, approvalLoop } = execution
  try {
    const approval = await asking.session.approvals.get(approvalId)
    if (approval === undefined) return execution
    const answer = await askPerson({ requestId: approvalId, approval, decision, call })
    if (answer === undefined) return execution
    await asking.session.approvals.resolve(approvalId, resolutionOf(answer))
  } catch (error) {
    const problem = isGovernanceError(error) ? error.message : 'the person could not be asked'
    const loop = approvalLoop ?? { required: true, resolved: false, resumed: false, requestId: approvalId }
    return { ...execution, approvalLoop: { ...loop, error: problem } }
  }
  return run()
}

/** An answer as the governor takes it. */
export function resolutionOf(answer: AskAnswer | SignedResolution): Parameters<Governor['approvals']['resolve']>[1] {
  if ('token' in answer) return answer
  const { resolution, by = 'onApprovalRequired', comment, input } = answer
  return {
    resolution: resolution === 'approved' ? 'approved' : resolution === 'denied' ? 'rejected' : resolution,
    by,
    ...(comment === undefined ? {} : { comment }),
    ...(input === undefined ? {} : { input }),
  }
}
