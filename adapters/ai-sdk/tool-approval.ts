import type { ModelMessage } from 'ai'
import { type Awaitable, type Governor, isGovernanceError, refusalText } from 'countersign'
import { Gate } from './gate.js'
import { type Governed, governedOf } from './govern.js'
import type { AnyScope } from './options.js'
import { isResumed } from './resumed.js'
import { asksApproval, type CallOptions, isProviderExecuted, type ToolLike } from './tool-like.js'

/** What ai 7 asks before a call. Narrower than its own type, so that any tools and contexts fit. */
export interface ApprovalRequest {
  readonly toolCall: {
    readonly toolName: string
    readonly toolCallId: string
    readonly input: unknown
    readonly providerExecuted?: boolean | undefined
  }
  readonly tools?: unknown
  readonly toolsContext?: unknown
  readonly messages: readonly ModelMessage[]
}

/** The answer, in the SDK's words. */
export type ApprovalStatus =
  | undefined
  | 'not-applicable'
  | { readonly type: 'denied'; readonly reason: string }
  | { readonly type: 'user-approval'; readonly reason?: string }

/** The `toolApproval` of generateText, streamText and ToolLoopAgent. */
export type ToolApproval = (request: ApprovalRequest) => Promise<ApprovalStatus>

interface Asked extends Governed {
  readonly input: unknown
  readonly options: CallOptions
}

/**
 * Answers the SDK's question before a call with the governor's decision, and keeps the tool's own `needsApproval`. It
 * never rejects: the SDK would end the whole request. A tool that was added beside the governed ones is decided on too.
 */
export function toolApprovalOf(governedTools: object, governor: Governor, scope: AnyScope): ToolApproval {
  return async ({ toolCall, tools, toolsContext, messages }) => {
    const { toolName, toolCallId, input, providerExecuted } = toolCall
    try {
      const offered = toolIn(tools, toolName) ?? toolIn(governedTools, toolName) ?? {}
      const governed = governedOf(offered) ?? { tool: offered, gate: new Gate(toolName, governor, undefined, scope) }
      const stated = own(toolsContext, toolName)
      const context = governed.tool.contextSchema === undefined ? stated : await contextOf(governed.tool, stated)
      const asked = { ...governed, input, options: { toolCallId, messages, context } }
      const elsewhere = providerExecuted === true || isProviderExecuted(governed.tool)
      return await (elsewhere ? observed(asked) : decided(asked))
    } catch (error) {
      return { type: 'denied', reason: isGovernanceError(error) ? error.message : undecided(toolName) }
    }
  }
}

async function decided({ tool, gate, input, options }: Asked): Promise<ApprovalStatus> {
  const decision = await gate.prepare(input, options)
  const resumed = isResumed(options)
  if (resumed || decision.result === 'blocked') return { type: 'denied', reason: refusalText(decision, resumed) }
  if (decision.result === 'requires_approval') return { type: 'user-approval', reason: decision.reason }
  return (await asksApproval(tool, input, options)) ? { type: 'user-approval' } : 'not-applicable'
}

/** The context as the tool's own schema makes it, as `execute` will receive it: a scope must be the same in both places. */
async function contextOf({ contextSchema }: ToolLike, context: unknown): Promise<unknown> {
  const validate = (contextSchema as { readonly '~standard'?: StandardSchema } | undefined)?.['~standard']?.validate
  if (validate === undefined) return context
  const result = await validate(context)
  return result.issues === undefined ? result.value : context
}

/** The part of Standard Schema that is used. */
interface StandardSchema {
  readonly validate: (value: unknown) => Awaitable<{ readonly value?: unknown; readonly issues?: unknown }>
}

/** It has happened, or will, at the provider: an answer would only decorate the history. */
async function observed({ gate, input, options }: Asked): Promise<undefined> {
  await gate.observe(input, options).catch(() => undefined)
}

/** Names come from the model: only what was put there counts. */
function own(record: unknown, name: string): unknown {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, name)) return undefined
  return (record as Readonly<Record<string, unknown>>)[name]
}

function toolIn(tools: unknown, name: string): ToolLike | undefined {
  return own(tools, name) as ToolLike | undefined
}

function undecided(toolName: string): string {
  return `The call to tool "${toolName}" was not executed: whether it may be could not be decided. Do not retry it; tell the user.`
}
