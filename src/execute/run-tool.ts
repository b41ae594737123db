import { chain, type Clock, hashesAtOnce, isPromiseLike } from '../ambient.js'
import { fingerprint } from '../capture/input.js'
import { callKey } from '../capture/key.js'
import type { Awaitable, EvaluationRequest } from '../types.js'
import { ToolContext, type ToolRunFrame } from './context.js'
import type { Execute, ExecutionContext, IsControlFlow } from './execution.js'

/** How the tool's own run ended. */
export type ToolRun<OUTPUT> =
  | { readonly kind: 'returned'; readonly output: OUTPUT; readonly durationMs: number }
  | { readonly kind: 'threw'; readonly error: unknown; readonly durationMs: number }
  /** A framework's signal: to be thrown on, not recorded as an error. */
  | {
      readonly kind: 'signalled'
      readonly signal: unknown
      /** The framework will bring the call again. */
      readonly suspends: boolean
      readonly durationMs: number
    }
  /** The input is no longer the one that was decided on, so the tool was not called. */
  | { readonly kind: 'altered' }
  /** The signal was aborted before the tool was called. */
  | { readonly kind: 'aborted'; readonly error: unknown }

/** The tool, and how it is to be called. */
export interface ToolRunOptions<OUTPUT> {
  readonly execute: Execute<OUTPUT>
  readonly signal: AbortSignal | undefined
  readonly isControlFlow: IsControlFlow | undefined
}

/** Calls the tool with exactly the input that was decided on. Never throws or rejects. */
export function runTool<OUTPUT>(
  frame: ToolRunFrame,
  options: ToolRunOptions<OUTPUT>,
  clock: Clock,
): Awaitable<ToolRun<OUTPUT>> {
  const { request } = frame
  return chain(isUnaltered(request), unaltered => {
    if (!unaltered) return { kind: 'altered' }
    if (frame.key !== undefined || hashesAtOnce())
      return callTool(new ToolContext(frame, options.signal), options, clock)
    return chain(callKey(request), key => callTool(new ToolContext({ ...frame, key }, options.signal), options, clock))
  })
}

function callTool<OUTPUT>(
  context: ExecutionContext,
  { execute, signal, isControlFlow }: ToolRunOptions<OUTPUT>,
  clock: Clock,
): Awaitable<ToolRun<OUTPUT>> {
  if (signal?.aborted === true) return { kind: 'aborted', error: signal.reason as unknown }
  const startedAt = clock.now()
  const durationMs = (): number => Math.max(0, clock.now() - startedAt)
  const returned = (output: OUTPUT): ToolRun<OUTPUT> => ({ kind: 'returned', output, durationMs: durationMs() })
  const threw = (error: unknown): ToolRun<OUTPUT> => {
    const meaning = signalIn(isControlFlow, error)
    return meaning === false
      ? { kind: 'threw', error, durationMs: durationMs() }
      : { kind: 'signalled', signal: error, suspends: meaning === true, durationMs: durationMs() }
  }
  try {
    const output = execute(context)
    // A thenable need not answer its `then` with a promise; `Promise.resolve` takes it as `await` would.
    return isPromiseLike(output) ? Promise.resolve(output).then(returned, threw) : returned(output)
  } catch (error) {
    return threw(error)
  }
}

/** Whether an error is a framework's signal. */
export function isSignal(isControlFlow: IsControlFlow | undefined, error: unknown): boolean {
  return signalIn(isControlFlow, error) !== false
}

/** A test that throws, or answers with anything else, has recognised nothing. */
function signalIn(isControlFlow: IsControlFlow | undefined, error: unknown): boolean | 'ended' {
  try {
    const meaning = isControlFlow?.(error)
    return meaning === true || meaning === 'ended' ? meaning : false
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
