import type { ModelMessage } from 'ai'
import { type Awaitable, type Governor, isGovernanceError } from 'countersign'
import { claimFor } from './answers.js'
import { askingOf } from './asking.js'
import { Gate } from './gate.js'
import { type Governed, governedOf } from './govern.js'
import type { HandedOn } from './hand-on.js'
import { isUnasked } from './one-question.js'
import type { AnyScope, AskingOptions } from './options.js'
import { undecidedText, usedText, waitsText } from './texts.js'
import { type CallOptions, isProviderExecuted, type ToolLike } from './tool-like.js'

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
  readonly toolName: string
  /** Its `execute` leads through the gate. */
  readonly isGated: boolean
  readonly input: unknown
  readonly options: CallOptions
}

/**
 * Answers the SDK's question before a call with the governor's decision, and keeps the tool's own `needsApproval`. It
 * never rejects: the SDK would end the whole request. A tool that was added beside the governed ones is decided on too.
 */
export function toolApprovalOf(
  governedTools: object,
  options: AskingOptions & { readonly governor: Governor; readonly scope?: AnyScope },
): ToolApproval {
  const { governor, scope } = options
  // What is not governed has no `execute` to wait in.
  const asking = { ...askingOf(options), waits: false }
  return async ({ toolCall, tools, toolsContext, messages }) => {
    const { toolName, toolCallId, input, providerExecuted } = toolCall
    try {
      const offered = toolIn(tools, toolName) ?? toolIn(governedTools, toolName) ?? {}
      const known = governedOf(offered)
      const gateless = { name: toolName, governor, tool: offered, profile: undefined, scope, asking }
      const governed = known ?? { tool: offered, gate: new Gate(gateless) }
      const stated = own(toolsContext, toolName)
      const context = governed.tool.contextSchema === undefined ? stated : await contextOf(governed.tool, stated)
      const asked = {
        ...governed,
        toolName,
        isGated: known !== undefined,
        input,
        options: { toolCallId, messages, context },
      }
      const elsewhere = providerExecuted === true || isProviderExecuted(governed.tool)
      return await (elsewhere ? observed(asked) : decided(asked))
    } catch (error) {
      return { type: 'denied', reason: isGovernanceError(error) ? error.message : undecidedText(toolName) }
    }
  }
}

async function decided({ toolName, gate, isGated, input, options }: Asked): Promise<ApprovalStatus> {
  const resumed = claimFor(options) !== undefined
  if (resumed && !isGated) return handedOn(await gate.handOn(input, options), toolName)
  const { next, decision, message = undecidedText(decision.tool) } = await gate.prepare(input, options)
  if (next === 'run') return 'not-applicable'
  // Whoever was asked has not answered, or somebody else has to: the SDK would take another question for a "yes".
  if (next === 'ask' && !resumed) return { type: 'user-approval', reason: decision.reason }
  return { type: 'denied', reason: isUnasked(decision) ? waitsText(decision.tool) : message }
}

/** Nothing but this answer keeps a tool that is not governed from running again. */
function handedOn(handed: HandedOn, tool: string): ApprovalStatus {
  if (handed === 'now') return 'not-applicable'
  return { type: 'denied', reason: handed === 'before' ? usedText(tool) : handed.refused }
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
