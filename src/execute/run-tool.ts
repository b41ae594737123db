import { type Clock, hashesAtOnce, isPromiseLike, sha256 } from '../ambient.js'
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

/** The tool, and how it is to be called. */
export interface ToolRunOptions<OUTPUT> {
  readonly execute: Execute<OUTPUT>
  readonly signal: AbortSignal | undefined
  readonly isControlFlow: IsControlFlow | undefined
}

/** Calls the tool with exactly the input that was decided on. Never rejects. */
export async function runTool<OUTPUT>(
  request: EvaluationRequest,
  decision: Decision,
  { execute, signal, isControlFlow }: ToolRunOptions<OUTPUT>,
  clock: Clock,
): Promise<ToolRun<OUTPUT>> {
  const unaltered = isUnaltered(request)
  if (!(isPromiseLike(unaltered) ? await unaltered : unaltered)) return { kind: 'altered' }
  // Most tools never ask for their key: it is made when they do, where a hash can be had at once.
  const key = hashesAtOnce() ? undefined : await keyOf(request)
  const context = {
    get idempotencyKey() {
      return key ?? (keyOf(request) as string)
    },
    signal,
    input: request.input,
    decision,
  }
  const startedAt = clock.now()
  const durationMs = (): number => Math.max(0, clock.now() - startedAt)
  try {
    signal?.throwIfAborted()
    const output = await execute(context)
    return { kind: 'returned', output, durationMs: durationMs() }
  } catch (error) {
    return isSignal(isControlFlow, error)
      ? { kind: 'signalled', signal: error, durationMs: durationMs() }
      : { kind: 'threw', error, durationMs: durationMs() }
  }
}

/** A test that throws has recognised nothing. */
function isSignal(isControlFlow: IsControlFlow | undefined, error: unknown): boolean {
  try {
    return isControlFlow?.(error) === true
  } catch {
    return false
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
function keyOf({ session, actor, tool, call, digest }: EvaluationRequest): Awaitable<string> {
  return sha256(JSON.stringify([session.tenant ?? '', session.id ?? '', actor, tool, call.id, digest]))
}
