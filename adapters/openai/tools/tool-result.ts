import { isRecord } from '../call/record.js'

const KIND = 'countersign.tool-result'

/** A tool's result with a part for listeners only. */
export interface ToolResult<CONTENT = unknown> {
  /** Marks it; survives being stored. */
  readonly kind: typeof KIND
  /** What the model reads. */
  readonly content: CONTENT
  /** What only events carry. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A result of which the model reads `content`, and listeners see `metadata` besides. */
export function toolResult<CONTENT>(content: CONTENT, metadata: ToolResult['metadata'] = {}): ToolResult<CONTENT> {
  return { kind: KIND, content, metadata }
}

/** Whether a tool returned one. */
export function isToolResult(output: unknown): output is ToolResult {
  return isRecord(output) && output['kind'] === KIND && isRecord(output['metadata'])
}
