import { Refusal } from '../../../src/service/protocol/refusal.js'
import type { Routes } from '../../../src/service/protocol/route.js'
import { oneOf, required, text } from '../../../src/service/protocol/shape.js'
import { problem } from '../../../src/service/protocol/validate.js'
import { answersTo, type Exchange } from '../endpoint.js'
import { written } from './approvals.js'

/** The token is the credential: signed by whoever asked the approver, for one request and one input, and counted once. */
const ROUTES = {
  'POST /approvals/by-token': {
    access: 'anyone',
    body: { token: required(text), resolution: oneOf('approved', 'denied', 'rejected') },
  },
} as const satisfies Routes

/** Answers that carry their own proof. */
export const signedAnswerEndpoints = answersTo(ROUTES, { 'POST /approvals/by-token': resolve })

/** Nothing of the token is believed here, but which request it speaks of: the governor checks it, and all it says. */
async function resolve({ service, body }: Exchange): Promise<unknown> {
  const { token, resolution } = body as { readonly token: string; readonly resolution?: string | null }
  const said = claimsOf(token)
  const wanted = resolution === 'denied' ? 'rejected' : (resolution ?? undefined)
  if (wanted !== undefined && wanted !== said.resolution) {
    throw new Refusal(422, [problem(['body', 'resolution'], 'The token says something else', 'mismatch')])
  }
  return written(service, await service.governor.approvals.resolve(said.approvalId, { token }))
}

/** @throws Refusal 422 for what is no token at all */
function claimsOf(token: string): { readonly approvalId: string; readonly resolution: unknown } {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as unknown
    const { approvalId, resolution } = claims as { readonly approvalId?: unknown; readonly resolution?: unknown }
    if (typeof approvalId === 'string') return { approvalId, resolution }
  } catch {
    // Said below, without a word of the token.
  }
  throw new Refusal(422, [problem(['body', 'token'], 'Input should be a signed resolution', 'token')])
}
