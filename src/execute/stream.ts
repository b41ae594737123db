import { forget } from '../ambient.js'
import type { Execution, ExecutionContext } from './execution.js'

/** Starts a governed run around an `execute`: `Governor.run` with everything but `execute` bound. */
export type Runner = (execute: (context: ExecutionContext) => Promise<unknown>) => Promise<Execution>

/**
 * Runs a streaming tool: the decision first, then its values as they come. The run ends when the stream does: with its
 * last value, with its error, or as cut off: when the consumer stops early, or the signal is aborted while it has the turn.
 * Without a signal, a consumer that just stops reading is not noticed.
 *
 * @param refuse turns an execution that did not run into what the framework expects: a value to yield, or a throw
 */
export async function* streamGoverned<CHUNK>(
  run: Runner,
  open: (context: ExecutionContext) => AsyncIterable<CHUNK> | PromiseLike<CHUNK> | CHUNK,
  refuse: (execution: Execution) => CHUNK,
): AsyncGenerator<CHUNK, void, undefined> {
  const started = Promise.withResolvers<Opened<CHUNK>>()
  const finished = Promise.withResolvers<unknown>()
  const execution = run(context => {
    // Begun here and now, while the input is known to be the one that was decided on.
    const iterator = chunks(open(context))
    const first = iterator.next()
    forget(first)
    started.resolve({ iterator, first, signal: context.signal })
    return finished.promise
  })
  const opened = await Promise.race([started.promise, execution.then(ended => ({ ended }))])
  if ('ended' in opened) {
    yield refuse(opened.ended)
    return
  }
  const { iterator, first, signal } = opened
  let last: CHUNK | undefined
  let ending: () => void = () => {
    finished.reject(new DOMException('The consumer stopped reading the tool’s stream', 'AbortError'))
  }
  let isWithReader = false
  // Whoever aborts need not read on. A tool that is at work ends by itself.
  const onAbort = (): void => {
    if (!isWithReader) return
    finished.reject(signal?.reason)
    forget(iterator.return())
  }
  signal?.addEventListener('abort', onAbort)
  try {
    for (let next = await first; next.done !== true; next = await iterator.next()) {
      last = next.value
      isWithReader = true
      if (signal?.aborted === true) onAbort()
      yield next.value
      isWithReader = false
      signal?.throwIfAborted()
    }
    ending = () => {
      finished.resolve(last)
    }
  } catch (error) {
    ending = () => {
      finished.reject(error)
    }
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
    ending()
    await iterator.return()
    await execution.catch(() => undefined)
  }
}

/** A tool's stream that has begun. */
interface Opened<CHUNK> {
  readonly iterator: AsyncGenerator<CHUNK, void, undefined>
  readonly first: Promise<IteratorResult<CHUNK, void>>
  readonly signal: AbortSignal | undefined
}

async function* chunks<CHUNK>(
  source: AsyncIterable<CHUNK> | PromiseLike<CHUNK> | CHUNK,
): AsyncGenerator<CHUNK, void, undefined> {
  if (isAsyncIterable<CHUNK>(source)) yield* source
  else yield await source
}

function isAsyncIterable<CHUNK>(value: unknown): value is AsyncIterable<CHUNK> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
