import { chain, type Clock, hashesAtOnce, isPromiseLike, sha256 } from '../ambient.js'
import { fingerprint } from '../capture/input.js'
import type { Awaitable, Decision, EvaluationRequest } from '../types.js'
import type { Execute, ExecutionContext, IsControlFlow } from './execution.js'

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

/** Calls the tool with exactly the input that was decided on. Never throws or rejects. */
export function runTool<OUTPUT>(
  request: EvaluationRequest,
  decision: Decision,
  options: ToolRunOptions<OUTPUT>,
  clock: Clock,
): Awaitable<ToolRun<OUTPUT>> {
  return chain(isUnaltered(request), unaltered => {
    if (!unaltered) return { kind: 'altered' }
    if (hashesAtOnce()) return callTool(contextOf(request, decision, options.signal, undefined), options, clock)
    return chain(keyOf(request), key => callTool(contextOf(request, decision, options.signal, key), options, clock))
  })
}

/** What the tool is handed. Most tools never ask for their key: it is made when they do, where a hash can be had at once. */
function contextOf(
  request: EvaluationRequest,
  decision: Decision,
  signal: AbortSignal | undefined,
  key: string | undefined,
): ExecutionContext {
  return {
    // A property of its own, so that a copy of the context has it too.
    get idempotencyKey() {
      return key ?? (keyOf(request) as string)
    },
    signal,
    input: request.input,
    decision,
  }
}

function callTool<OUTPUT>(
  context: ExecutionContext,
  { execute, signal, isControlFlow }: ToolRunOptions<OUTPUT>,
  clock: Clock,
): Awaitable<ToolRun<OUTPUT>> {
  const startedAt = clock.now()
  const durationMs = (): number => Math.max(0, clock.now() - startedAt)
  const returned = (output: OUTPUT): ToolRun<OUTPUT> => ({ kind: 'returned', output, durationMs: durationMs() })
  const threw = (error: unknown): ToolRun<OUTPUT> =>
    isSignal(isControlFlow, error)
      ? { kind: 'signalled', signal: error, durationMs: durationMs() }
      : { kind: 'threw', error, durationMs: durationMs() }
  try {
    signal?.throwIfAborted()
    const output = execute(context)
    // A thenable need not answer its `then` with a promise; `Promise.resolve` takes it as `await` would.
    return isPromiseLike(output) ? Promise.resolve(output).then(returned, threw) : returned(output)
  } catch (error) {
    return threw(error)
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
