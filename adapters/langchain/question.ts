import type { toJsonSchema } from '@langchain/core/utils/json_schema'
import type { Approval, Decision } from 'countersign'

/** What may be answered about an action. */
export type AllowedDecision = 'approve' | 'edit' | 'reject'

/** One action of a human-in-the-loop request. */
export interface ActionRequest {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly description: string
  /** Id of the request in the governor's store; an answer that repeats it is bound to it. */
  readonly approvalId: string
}

/** What may be answered about one action. */
export interface ReviewConfig {
  readonly actionName: string
  readonly allowedDecisions: readonly AllowedDecision[]
  /** JSON schema of the arguments, for an edit; absent where the tool is not known. */
  readonly argsSchema?: Readonly<Record<string, unknown>>
}

/**
 * The value of the interrupt: the request of LangChain's own human-in-the-loop middleware, and beside it the spelling
 * that agent-chat-ui and agent-inbox read.
 */
export interface ApprovalRequest {
  readonly actionRequests: readonly ActionRequest[]
  readonly reviewConfigs: readonly ReviewConfig[]
  readonly action_requests: readonly (ActionRequest & { readonly arguments: ActionRequest['args'] })[]
  readonly review_configs: readonly SnakeReviewConfig[]
}

interface SnakeReviewConfig {
  readonly action_name: string
  readonly allowed_decisions: readonly AllowedDecision[]
  readonly args_schema?: Readonly<Record<string, unknown>>
}

/** A held call, as a person is asked about it. */
export interface HeldCall {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly decision: Decision
  readonly approval: Approval | undefined
  /** The tool's own, of whatever kind. */
  readonly schema: unknown
  /** Why the last answer could not be used. */
  readonly problem: string | undefined
}

const ALLOWED: readonly AllowedDecision[] = ['approve', 'edit', 'reject']

/** Makes the JSON schema of whatever schema LangChain's tools have. */
export type ToJsonSchema = typeof toJsonSchema

/** Words the question. */
export function approvalRequest(held: readonly HeldCall[], toJson: ToJsonSchema): ApprovalRequest {
  const actionRequests = held.map(call => ({
    name: call.name,
    args: call.args,
    description: describe(call),
    approvalId: requestOf(call),
  }))
  const reviewConfigs = held.map(({ name, schema }): ReviewConfig => {
    const argsSchema = schemaOf(schema, toJson)
    return { actionName: name, allowedDecisions: ALLOWED, ...(argsSchema === undefined ? {} : { argsSchema }) }
  })
  return {
    actionRequests,
    reviewConfigs,
    action_requests: actionRequests.map(action => Object.assign({ arguments: action.args }, action)),
    review_configs: reviewConfigs.map(inSnakeCase),
  }
}

function inSnakeCase({ actionName, allowedDecisions, argsSchema }: ReviewConfig): SnakeReviewConfig {
  const schema = argsSchema === undefined ? {} : { args_schema: argsSchema }
  return { action_name: actionName, allowed_decisions: allowedDecisions, ...schema }
}

/** The request a held call waits under. */
export function requestOf({ decision }: Pick<HeldCall, 'decision'>): string {
  return decision.approvalId ?? decision.id
}

/** Arguments as a request shows them; a string tool's come as LangChain writes them in a tool call. */
export function shown(input: unknown): Readonly<Record<string, unknown>> {
  return typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : { input }
}

function describe({ name, args, decision, approval, problem }: HeldCall): string {
  const standing = standingOf(approval)
  const again = problem === undefined ? '' : `\n\nThe previous answer could not be used: ${problem}.`
  return `Tool execution requires approval\n\nTool: ${name}\nReason: ${decision.reason}${standing}\nArgs: ${JSON.stringify(args, writable, 2)}${again}`
}

/** What an answer would still change. */
function standingOf(approval: Approval | undefined): string {
  if (approval?.status !== 'pending') return `\nStatus: ${approval?.status ?? 'executed'} already; no answer is needed`
  const votes =
    approval.votes.length === 0 ? '' : `; answered by ${approval.votes.map(({ by }) => by).join(', ')} so far`
  const where = approval.approver === 'inbox' ? '\nWho: somebody else, in the inbox; go on when they have answered' : ''
  return votes === '' ? where : `\nStatus: more approvals are needed${votes}${where}`
}

function schemaOf(schema: unknown, toJson: ToJsonSchema): Readonly<Record<string, unknown>> | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  try {
    return toJson(schema)
  } catch {
    return undefined
  }
}

/** JSON has no bigint, and a question must be asked all the same. */
function writable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
