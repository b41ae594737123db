import { type Clock, isPromiseLike, sha256 } from '../ambient.js'
import { fingerprint } from '../capture/input.js'
import type { Awaitable, Decision, EvaluationRequest } from '../types.js'
import type { Execute, IsControlFlow } from './execution.js'

/** How the tool's own run ended. */
export type ToolRun<OUTPUT> =
  | { readonly kind: 'returned'; readonly output: OUTPUT; readonly durationMs: number }
  | { readonly kind: 'threw'; readonly error: unknown; readonly durationMs: number }
  /** A framework's signal: to be thrown on, not recorded as an error. */
  | { readonly kind: 'signalled'; readonly signal: unknown; readonly durationMs: number }
  /** The input is no longer the one that was decided on, so the tool was not called. */
  | { readonly kind: 'altered' }

export interface ToolRunOptions<OUTPUT> {
  readonly request: EvaluationRequest
  readonly decision: Decision
  readonly execute: Execute<OUTPUT>
  readonly signal: AbortSignal | undefined
  readonly isControlFlow: IsControlFlow | undefined
  readonly clock: Clock
}

/** Calls the tool with exactly the input that was decided on. Never rejects. */
export async function runTool<OUTPUT>(options: ToolRunOptions<OUTPUT>): Promise<ToolRun<OUTPUT>> {
  const { request, decision, clock, signal } = options
  if (!(await isUnaltered(request))) return { kind: 'altered' }
  const key = idempotencyKey(request)
  const startedAt = clock.now()
  const durationMs = (): number => Math.max(0, clock.now() - startedAt)
  try {
    signal?.throwIfAborted()
    const output = await options.execute({
      idempotencyKey: isPromiseLike(key) ? await key : key,
      signal,
      input: request.input,
      decision,
    })
    return { kind: 'returned', output, durationMs: durationMs() }
  } catch (error) {
    const kind = options.isControlFlow?.(error) === true
    return kind
      ? { kind: 'signalled', signal: error, durationMs: durationMs() }
      : { kind: 'threw', error, durationMs: durationMs() }
  }
}

/** The input is the caller's object: whoever holds it could have changed it while the decision was being made. */
function isUnaltered(request: EvaluationRequest): Awaitable<boolean> {
  if (request.digest === '') return false
  try {
    const digest = fingerprint(request.input)
    return isPromiseLike(digest) ? digest.then(known => known === request.digest) : digest === request.digest
  } catch {
    return false
  }
}

/** Deterministic per tenant, session, actor, tool, call and input. */
function idempotencyKey({ session, actor, tool, call, digest }: EvaluationRequest): Awaitable<string> {
  return sha256(JSON.stringify([session.tenant ?? '', session.id ?? '', actor, tool, call.id, digest]))
}
