import type { InferToolInput, ModelMessage, Tool, ToolSet } from 'ai'
import type { Governor, Scope, ToolProfile } from 'countersign'

/** One tool. Under `exactOptionalPropertyTypes` the members of the SDK's own `ToolSet` are not its own `Tool`. */
export type AnyTool = Tool | ToolSet[string]

/** The input a tool's `execute` receives. */
type InputOf<TOOL> = TOOL extends Tool ? InferToolInput<TOOL> : never

/** The context a tool's `execute` receives: its `contextSchema` in ai 7, `unknown` in ai 6. */
export type ContextOf<TOOL> = TOOL extends { readonly onInputStart?: infer CALLBACK }
  ? NonNullable<CALLBACK> extends (options: infer OPTIONS) => unknown
    ? OPTIONS extends { readonly context: infer CONTEXT }
      ? CONTEXT
      : unknown
    : unknown
  : unknown

/** What is known of a call when its scope is asked for. */
export interface ScopeRequest<CONTEXT = unknown> {
  readonly toolName: string
  readonly toolCallId: string
  /** The conversation up to the call. What a client sent is in it: input, not evidence of who it is. */
  readonly messages: readonly ModelMessage[]
  /** The tool's context: `toolsContext` in ai 7, `experimental_context` in ai 6. */
  readonly context: CONTEXT
}

/** How a person is asked about held calls. */
export interface AskingOptions {
  /**
   * `ask`: the SDK asks the page, and the call comes back with the answer. `wait`: the call waits inside `execute` until
   * somebody answers elsewhere, which also works in code mode and in subagents. @defaultValue `ask`
   */
  readonly approvals?: 'ask' | 'wait'
  /** `first-only`: of several held calls of one step, the first is asked about, and the model is told to make the others again; for pages that can show one question. @defaultValue `all` */
  readonly parallelApprovals?: 'all' | 'first-only'
}

/** How one tool is governed. Everything besides the options of its own is its profile. */
export interface GovernedToolOptions<TOOL extends AnyTool = AnyTool> extends ToolProfile<InputOf<TOOL>>, AskingOptions {
  /** The tool's name, as the model calls it: rules and records go by it. */
  readonly name: string
  /** The governor, or a session of it. */
  readonly governor: Governor
  /** Who and where, per call; goes before what the governor says. One that throws refuses the call. @defaultValue the governor's own scope */
  readonly scope?: (request: ScopeRequest<ContextOf<TOOL>>) => Scope
  /** Whether `execute` answers with an async iterable. @defaultValue whether it is an `async function*` */
  readonly streaming?: boolean
}

/** Profiles by tool name; their functions receive that tool's input. */
export type ToolProfiles<TOOLS extends ToolSet> = {
  readonly [NAME in keyof TOOLS]?: ToolProfile<InputOf<TOOLS[NAME]>>
}

/** How a record of tools is governed. */
export interface GovernedToolsOptions<TOOLS extends ToolSet = ToolSet> extends AskingOptions {
  /** The governor, or a session of it. */
  readonly governor: Governor
  /** What governance should know of the tools, by name. Adds to, and goes before, the governor's catalog. */
  readonly profiles?: ToolProfiles<TOOLS>
  /** Who and where, per call; goes before what the governor says. One that throws refuses the call. @defaultValue the governor's own scope */
  readonly scope?: (request: ScopeRequest<ContextOf<TOOLS[keyof TOOLS]>>) => Scope
  /** Believes what MCP servers say of their tools (`readOnlyHint` …); a profile's annotations go before. @defaultValue false */
  readonly trustAnnotations?: boolean
}

/** A scope function with its context forgotten: which tool it is asked for is known only at run time. */
export type AnyScope = ((request: ScopeRequest<never>) => Scope) | undefined
