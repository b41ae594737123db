import { type ErrorCode, isGovernanceError } from 'countersign'
import { Refusal } from '../../../src/service/protocol/refusal.js'

/** What the core's errors are on the wire. */
const STATUSES: Partial<Readonly<Record<ErrorCode, number>>> = {
  'invalid-call': 422,
  'invalid-option': 422,
  'invalid-policy': 422,
  'invalid-token': 403,
  'not-found': 404,
  'not-pending': 409,
  'not-permitted': 403,
  blocked: 409,
  'store-failed': 503,
}

/** What a request that failed is answered with. What went wrong inside is not told. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const status = isGovernanceError(error) ? STATUSES[error.code] : undefined
  if (isGovernanceError(error) && status !== undefined) {
    return new Refusal(status, { code: error.code.replaceAll('-', '_'), message: error.message })
  }
  return new Refusal(500, { code: 'internal_error', message: 'The service failed; its log says how' })
}
