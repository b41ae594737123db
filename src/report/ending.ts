import type { Decision, ExecutionRecord, ExecutionStatus } from '../types.js'

const MAX_ERROR_CHARS = 500

/** How a call ended. */
export interface Ending {
  readonly status: ExecutionStatus
  /** Milliseconds the tool took. */
  readonly durationMs: number
  /** What the tool threw. */
  readonly error?: unknown
}

/** The record of how a call ended. */
export function endingOf({ id }: Decision, { status, durationMs, error }: Ending, at: number): ExecutionRecord {
  const base: ExecutionRecord = { decisionId: id, status, at, durationMs }
  return error === undefined ? base : { ...base, error: describeError(error) }
}

/** Total: a tool may throw anything, even what has no text. */
export function describeError(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}`
    return text.slice(0, MAX_ERROR_CHARS)
  } catch {
    return 'Error: no text'
  }
}
