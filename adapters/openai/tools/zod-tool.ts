import type { ParsedBy, StandardSchema } from '../schema/standard-schema.js'
import { makeTool } from './make-tool.js'
import type { RegisteredTool, ToolContext, ToolFunction, ToolOptions } from './tool.js'

/** A tool in one piece. */
export type FunctionToolOptions<INPUT = never, CONTEXT = never> = ToolOptions<INPUT> & {
  readonly name: string
  readonly execute: ToolFunction<INPUT, CONTEXT>
}

/** A tool whose input is described by zod, or by any other Standard Schema. */
export type ZodToolOptions<SCHEMA extends StandardSchema, CONTEXT = unknown> = Omit<
  ToolOptions<ParsedBy<SCHEMA>>,
  'parameters'
> & {
  readonly name: string
  readonly parameters: SCHEMA
  readonly execute: (input: ParsedBy<SCHEMA>, context: ToolContext<CONTEXT>) => unknown
}

/**
 * A tool from a zod schema, to be governed by whatever loop it is given to. Its function receives what the schema makes of
 * the arguments; ones that do not fit never get to it, nor to a decision.
 *
 * @throws GovernanceError `invalid-option`
 */
export function zodTool<const SCHEMA extends StandardSchema, CONTEXT = unknown>({
  name,
  execute,
  ...options
}: ZodToolOptions<SCHEMA, CONTEXT>): RegisteredTool {
  return makeTool(name, execute, options)
}

/**
 * A tool from a JSON Schema, or without arguments.
 *
 * @throws GovernanceError `invalid-option`
 */
export function functionTool<CONTEXT = never>({
  name,
  execute,
  ...options
}: FunctionToolOptions<never, CONTEXT>): RegisteredTool {
  return makeTool(name, execute, options)
}
