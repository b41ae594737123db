import { sha256 } from '../ambient.js'
import type { Awaitable, EvaluationRequest } from '../types.js'

/**
 * What an approval and a receipt are bound to, as SHA-256 (hex): tenant, session, user, actor, tool, call id and the
 * input's digest. The same for the same call in every process; also the idempotency key that a tool is handed.
 */
export function callKey({ session, actor, tool, call, digest }: EvaluationRequest): Awaitable<string> {
  return sha256(
    JSON.stringify([session.tenant ?? null, session.id ?? null, session.user ?? null, actor, tool, call.id, digest]),
  )
}
