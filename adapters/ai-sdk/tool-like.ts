import type { ModelMessage } from 'ai'
import type { Awaitable } from 'countersign'
import type { AnyTool } from './options.js'

/** What the SDK hands a tool besides its input, in either major: `context` in 7, `experimental_context` in 6. */
export interface CallOptions {
  readonly toolCallId: string
  readonly messages: readonly ModelMessage[]
  readonly abortSignal?: AbortSignal | undefined
  readonly context?: unknown
  readonly experimental_context?: unknown
}

/**
 * What a governed tool's `execute` finds in its options besides the SDK's own.
 *
 * @example
 * execute: async (input, options) => charge(input, (options as typeof options & IdempotentOptions).idempotencyKey)
 */
export interface IdempotentOptions {
  /** The same for the same call of the same session, in every process: pass it on to whatever has effects. */
  readonly idempotencyKey: string
}

/** What the SDK asks of a tool's result before the model is sent it. */
export interface ModelOutputRequest {
  readonly toolCallId: string
  readonly input: unknown
  readonly output: unknown
}

/** The SDK's `ToolResultOutput`, of which there are many kinds. */
export interface ModelOutput {
  readonly type: string
  readonly value?: unknown
}

/** The part of a tool that governance touches. The SDK's own type is a union over inputs, outputs and contexts that no code can call. */
export interface ToolLike {
  readonly execute?: ((input: unknown, options: CallOptions) => unknown) | undefined
  readonly needsApproval?: boolean | ((input: unknown, options: CallOptions) => unknown) | undefined
  readonly type?: string | undefined
  readonly inputSchema?: unknown
  readonly toModelOutput?: ((request: ModelOutputRequest) => Awaitable<ModelOutput>) | undefined
  readonly isProviderExecuted?: boolean | undefined
  readonly contextSchema?: unknown
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** Code mode's: makes the tool that is really executed, once it is known which tools it may call. */
  readonly experimental_toolCaller?: { readonly bind?: (tools: unknown) => AnyTool } | undefined
}

/** The tool as governance sees it. */
export function asToolLike(tool: AnyTool): ToolLike {
  return tool as ToolLike
}

/** Whether the provider runs it: then nothing here can stop it. ai 6 does not say; there, a provider's tool that cannot be run here is. */
export function isProviderExecuted({ type, execute, isProviderExecuted: stated }: ToolLike): boolean {
  return type === 'provider' && (stated ?? execute === undefined)
}

/** What the tool's own `needsApproval` says, asked on the tool itself. */
export async function asksApproval(tool: ToolLike, input: unknown, options: CallOptions): Promise<boolean> {
  const { needsApproval } = tool
  return typeof needsApproval === 'function'
    ? Boolean(await needsApproval.call(tool, input, options))
    : needsApproval === true
}

/**
 * The same tool with some properties replaced. Descriptors are copied rather than values: the SDK keeps non-enumerable
 * properties on tools (code mode's tool caller is one), and a spread would lose them.
 */
export function cloneTool<TOOL extends AnyTool>(tool: TOOL, replaced: Readonly<Record<string, unknown>>): TOOL {
  const descriptors: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(tool)
  for (const [key, value] of Object.entries(replaced)) {
    const enumerable = descriptors[key]?.enumerable ?? true
    descriptors[key] = { value, configurable: true, enumerable, writable: true }
  }
  return Object.create(Object.getPrototypeOf(tool) as object | null, descriptors) as TOOL
}
