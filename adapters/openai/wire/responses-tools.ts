import type { Tool } from 'openai/resources/responses/responses'
import { builtinTool } from './responses-builtin.js'
import type { RegisteredTool } from '../tools/tool.js'

/** A tool as the Responses API is told of it: flat. */
export function responsesTool({ name, description, schema, strict, format, builtin }: RegisteredTool): Tool {
  if (builtin !== undefined) return builtinTool(builtin)
  if (format !== undefined) return { type: 'custom', name, description, format }
  return { type: 'function', name, description, parameters: schema, strict }
}
