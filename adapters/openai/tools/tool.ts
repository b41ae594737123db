import type { Decision, Scope, ToolProfile, Validate } from 'countersign'
import type { JsonSchema } from '../schema/json-schema.js'
import type { StandardSchema } from '../schema/standard-schema.js'

/** What a tool is handed besides its input. */
export interface ToolContext<CONTEXT = unknown> {
  /** The provider's id of the call. */
  readonly callId: string
  /** The same for the same call, in every process: pass it on to whatever has effects. */
  readonly idempotencyKey: string
  /** Grows whenever the same call is begun again. */
  readonly fencingToken: number
  readonly signal: AbortSignal | undefined
  readonly decision: Decision
  /** On whose behalf the run is made. */
  readonly scope: Readonly<Scope>
  /** What the run was given as `context`, as it is. */
  readonly context: CONTEXT
}

/** Tools that the provider defines, and the client runs. */
export type Builtin = 'shell' | 'local_shell' | 'apply_patch' | 'computer'

/** How a tool is described to the model, and how it is governed. */
export interface ToolOptions<INPUT = never> extends ToolProfile<INPUT> {
  /** What the model reads of it. @defaultValue `Execute <name>` */
  readonly description?: string
  /** Zod or any other Standard Schema, or a JSON Schema: arguments that do not fit are never decided on. @defaultValue no arguments */
  readonly parameters?: StandardSchema | JsonSchema
  /** What the model is to see, for schemas that cannot be written as JSON Schema. */
  readonly jsonSchema?: JsonSchema
  /** The provider holds the model to the schema; what may be left out is asked for as nullable. @defaultValue true where the schema can be said so */
  readonly strict?: boolean
  /** How a decision service is asked about this tool. @defaultValue what `remoteDecisions` says */
  readonly decisionMode?: 'submit' | 'submit_payload'
  /** It is one that the provider defines, named so: it receives the call's `action`, or `operation`; `computer` receives `actions` and, where the provider wants a person to look first, `pendingSafetyChecks`, and returns a screenshot. Responses API only. @defaultValue a function */
  readonly builtin?: Builtin
  /** Its input is free text, or follows a grammar: a custom tool of the Responses API. Its `parameters` check that text. @defaultValue a function with JSON arguments */
  readonly format?:
    | { readonly type: 'text' }
    | { readonly type: 'grammar'; readonly syntax: 'lark' | 'regex'; readonly definition: string }
}

/** The tool itself. What it returns, or throws, never ends a run. */
export type ToolFunction<INPUT = never, CONTEXT = never> = (input: INPUT, context: ToolContext<CONTEXT>) => unknown

/** A tool once checked. */
export interface RegisteredTool {
  readonly name: string
  readonly description: string
  /** As the model sees it. */
  readonly schema: JsonSchema
  readonly strict: boolean
  readonly format: ToolOptions['format']
  readonly builtin: Builtin | undefined
  readonly profile: ToolProfile | undefined
  /** What its schema makes of arguments. */
  readonly validate: Validate
  readonly execute: (input: unknown, context: ToolContext) => unknown
}
