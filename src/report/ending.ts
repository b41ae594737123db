import type { StoredError } from '../receipt.js'
import type { Decision, ExecutionRecord, ExecutionStatus } from '../types.js'

const MAX_ERROR_CHARS = 500
const MAX_MESSAGE_CHARS = 2000

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

/** What was thrown, as a receipt keeps it. Total: a tool may throw anything, even what has no text. */
export function storedError(error: unknown): StoredError {
  try {
    if (error instanceof Error) return { name: error.name, message: error.message.slice(0, MAX_MESSAGE_CHARS) }
    return { name: 'Error', message: String(error).slice(0, MAX_MESSAGE_CHARS) }
  } catch {
    return { name: 'Error', message: 'no text' }
  }
}

/** The same as one short text. */
export function describeError(error: unknown): string {
  const { name, message } = storedError(error)
  return `${name}: ${message}`.slice(0, MAX_ERROR_CHARS)
}
