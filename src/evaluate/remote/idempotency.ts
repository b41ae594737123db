import { sha256 } from '../../ambient.js'
import type { Awaitable, EvaluationRequest } from '../../types.js'

/** Version of what a key is made of. */
const FORM = 1

/**
 * The `Idempotency-Key` of a question: the same for the same call of the same session, so that asking once more, in this
 * process or another, is the same decision.
 */
export function idempotencyKey(request: EvaluationRequest, dryRun: boolean): Awaitable<string> {
  const { session, actor, call, tool, digest } = request
  const { tenant = null, id = session.traceId } = session
  return sha256(JSON.stringify([FORM, tenant, id, actor, call.id, tool, digest, dryRun]))
}
