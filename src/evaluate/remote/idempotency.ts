import { sha256 } from '../../ambient.js'
import type { Awaitable, EvaluationRequest } from '../../types.js'

/** Version of what a key is made of. */
const FORM = 1

/** What is asked of a call, and why. */
interface Asked {
  readonly path: string
  readonly body: unknown
  readonly again: boolean
}

/**
 * The `Idempotency-Key` of a question: the same for the same call of the same session, so that asking once more, in this
 * process or another, is the same decision. What is asked is part of it, as no service takes one key for two bodies; and so
 * is the time, where what was answered before is of no use.
 *
 * @throws TypeError for a body that cannot be written as JSON
 */
export function idempotencyKey(request: EvaluationRequest, { path, body, again }: Asked): Awaitable<string> {
  const { session, call, tool, digest, at } = request
  const { tenant = null, id = session.traceId } = session
  return sha256(JSON.stringify([FORM, tenant, id, call.id, tool, digest, path, body, again ? at : null]))
}
