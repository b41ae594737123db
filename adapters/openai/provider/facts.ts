import { isRecord, numberIn, textIn } from '../call/record.js'
import type { RegisteredTool } from '../tools/tool.js'

/** The most that the answer may have, where a request names it. */
export function maxOutputTokens(params: object): number | undefined {
  const names = ['max_output_tokens', 'max_completion_tokens', 'max_tokens']
  return names.map(name => numberIn(params, name)).find(found => found !== undefined)
}

/**
 * Names of the tools by which an answer may change something. A tool whose profile says that it only reads is left out: it keeps
 * no answer from being given again.
 */
export function changingTools(params: object, known: ReadonlyMap<string, RegisteredTool>): readonly string[] {
  const { tools, conversation } = params as { readonly tools?: unknown; readonly conversation?: unknown }
  const names = (Array.isArray(tools) ? (tools as readonly unknown[]) : []).map(nameOf)
  const changing = names.filter(name => known.get(name)?.profile?.annotations?.readOnly !== true)
  // What the provider keeps grows with every request: the same one is another one.
  return isNothing(conversation) ? changing : [...changing, 'conversation']
}

/** A tool of the provider's own has no name but its type. */
function nameOf(tool: unknown): string {
  if (!isRecord(tool)) return ''
  const described = [tool, tool['function'], tool['custom']].map(each => textIn(each, 'name'))
  return described.find(name => name !== undefined) ?? textIn(tool, 'type') ?? ''
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null
}
