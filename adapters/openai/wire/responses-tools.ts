import type { Tool } from 'openai/resources/responses/responses'
import type { RegisteredTool } from '../tools/tool.js'

/** A tool as the Responses API is told of it: flat. */
export function responsesTool({ name, description, schema, strict, format }: RegisteredTool): Tool {
  if (format !== undefined) return { type: 'custom', name, description, format }
  return { type: 'function', name, description, parameters: schema, strict }
}
