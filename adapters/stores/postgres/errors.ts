import { GovernanceError, isGovernanceError } from 'countersign'

const SERIALIZATION_FAILURE = '40001'
const DEADLOCK_DETECTED = '40P01'

/** The part of an error of `pg` that is used. Only what the server says has a severity. */
interface ServerError {
  readonly severity?: unknown
  readonly code?: unknown
}

/** Whether the server took a transaction back because another one was in its way: it may be made again. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(error)
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED
}

/** Whether a connection is of no use any more: the server said so, or says nothing. */
export function isLost(error: unknown): boolean {
  if (isGovernanceError(error)) return false
  const { severity } = asServerError(error)
  return severity === undefined || severity === 'FATAL' || severity === 'PANIC'
}

/** The code of an error that the server answered with. */
export function codeOf(error: unknown): string | undefined {
  const { severity, code } = asServerError(error)
  return severity !== undefined && typeof code === 'string' ? code : undefined
}

/** The error as callers see it: what is already a {@link GovernanceError} stays as it is. */
export function storeFailed(error: unknown): GovernanceError {
  if (isGovernanceError(error)) return error
  const why = error instanceof Error && error.message !== '' ? error.message : String(codeOfAny(error) ?? error)
  return new GovernanceError('store-failed', `The postgres store failed: ${why}`, { cause: error })
}

/** A refused option. */
export function invalid(message: string): GovernanceError {
  return new GovernanceError('invalid-option', `postgresStore: ${message}`)
}

function asServerError(error: unknown): ServerError {
  return typeof error === 'object' && error !== null ? error : {}
}

/** Where no address of a host answers, Node's error has no message of its own. */
function codeOfAny(error: unknown): unknown {
  return asServerError(error).code
}
