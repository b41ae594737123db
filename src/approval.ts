import type { ToolCall } from './types.js'

/** Who may answer: the person in the conversation, or only somebody else, who is asked elsewhere. */
export type Approver = 'chat-user' | 'inbox'

/** One round of answers; the rounds of a request are asked in their order. */
export interface ApprovalStage {
  /** Principals who may answer; anybody but the actor when absent. */
  readonly approvers?: readonly string[]
  /** How many different people must approve. */
  readonly quorum: number
}

/** How an answer came. */
export type ResolutionChannel = 'api' | 'chat' | 'callback' | 'token' | 'service'

/** One person's answer. */
export interface Vote {
  readonly by: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly resolution: 'approved' | 'rejected'
  /** Index of the stage it was given in. */
  readonly stage: number
  /** SHA-256 (hex) of the input it speaks of: the edited one, where the answer edits or agrees to an edit. */
  readonly digest: string
  readonly channel: ResolutionChannel
  readonly comment?: string
  /** Of a signed answer: the same token counts once. */
  readonly nonce?: string
}

/** One difference between the input that was proposed and the one that was approved. */
export interface Change {
  /** Path in the input, such as `lines.0.amount`; `tool` for the tool itself. */
  readonly path: string
  /** Absent where there was nothing. */
  readonly from?: unknown
  /** Absent where there is nothing any more. */
  readonly to?: unknown
}

/** What an approver made of a call. It is a new call: it was decided on like any other. */
export interface Edit {
  readonly tool: string
  /** As JSON holds it; see {@link Approval}. */
  readonly input: unknown
  readonly digest: string
  readonly changes: readonly Change[]
}

/** What every request to a person holds, in every state. */
export interface ApprovalRequest {
  readonly id: string
  /** Counts the writes: 1 when it is opened. A store replaces revision n by n + 1 only. */
  readonly revision: number
  /** Of the call it is bound to: tenant, session, user, actor, tool, call id and input digest. The ledger's key too. */
  readonly key: string
  /** The policy it was asked under; under another one it counts for nothing. */
  readonly policyVersion: string
  readonly decisionId: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Epoch milliseconds after which it counts for nothing, answered or not. */
  readonly expiresAt: number
  /** What is reviewed. An input that JSON would not keep (`Map`, `Date`, bytes …) is written in a tagged form. */
  readonly call: ToolCall
  readonly digest: string
  readonly actor: string
  readonly domain?: string
  readonly value?: number
  readonly target?: string
  readonly user?: string
  readonly tenant?: string
  readonly sessionId?: string
  /** Id of the credential that the call was asked about with: it cannot answer, nor can one that stems from it. */
  readonly askedBy?: string
  readonly reason: string
  readonly approver: Approver
  readonly stages: readonly ApprovalStage[]
  /** What happens when nobody answers in time. */
  readonly onExpiry: 'reject' | 'escalate'
  /** Principals who are asked next when nobody answered in time. */
  readonly escalateTo: readonly string[]
  /** It went unanswered once, and waits for {@link ApprovalRequest.escalateTo} now. */
  readonly escalated?: true
  /** All answers so far, in their order. */
  readonly votes: readonly Vote[]
}

/** How a request was answered. */
interface Resolved {
  /** Epoch milliseconds. */
  readonly resolvedAt: number
  /** Whose answer settled it. */
  readonly by: string
  readonly comment?: string
}

/**
 * A request to a person, and what became of it: `pending` → `approved`, `rejected`, `expired` or `cancelled`; an approved
 * one → `consumed`, once, by the execution it was given for.
 */
export type Approval = ApprovalRequest &
  (
    | { readonly status: 'pending'; readonly edit?: Edit }
    | ({ readonly status: 'approved'; readonly edit?: Edit } & Resolved)
    | ({ readonly status: 'rejected' } & Resolved)
    | { readonly status: 'expired'; readonly resolvedAt: number }
    | ({ readonly status: 'cancelled' } & Resolved)
    | ({ readonly status: 'consumed'; readonly edit?: Edit; readonly consumedAt: number } & Resolved)
  )

/** State of a request. */
export type ApprovalStatus = Approval['status']

/** "Do not ask again for this": lets calls through that would be held. A deny goes over it. */
export interface Grant {
  readonly id: string
  /** Counts the writes: 1 when it is made. */
  readonly revision: number
  /** Name of the one tool it speaks of. */
  readonly tool: string
  /** Conditions in a rule's words (`{ 'input.customer': { eq: 'c-7' } }`); all must hold. */
  readonly when: Readonly<Record<string, unknown>>
  /** Largest value of one call. */
  readonly maxValue?: number
  readonly actor: string
  readonly tenant?: string
  readonly user?: string
  /** Only calls of this session; of every session when absent. */
  readonly sessionId?: string
  /** The policy it was given under; under another one it counts for nothing. */
  readonly policyVersion: string
  readonly by: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly maxUses: number
  readonly uses: number
  /** The request it was given with. */
  readonly approvalId?: string
  readonly comment?: string
  readonly revoked?: { readonly by: string; readonly at: number }
}
