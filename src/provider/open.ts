import { forget } from '../ambient.js'
import { Deadline } from '../service/deadline.js'
import type { AttemptCall, ChunkOf, ModelAttempt, ModelStreamRequest, ModelTarget, Opened } from './request.js'
import type { ModelRun } from './run.js'

/** A stream whose first chunk has come. */
export interface Head<OPENED extends Opened<unknown>> {
  readonly opened: OPENED
  readonly iterator: AsyncIterator<ChunkOf<OPENED>>
  /** What has come already, in order. */
  readonly chunks: readonly ChunkOf<OPENED>[]
  /** Ends what sends it. */
  readonly abort: (reason: unknown) => void
}

/** Opens a stream and reads as far as its first chunk: so far, the request may be tried again. */
export async function open<TARGET extends ModelTarget, OPENED extends Opened<unknown>>(
  run: ModelRun<TARGET>,
  request: ModelStreamRequest<TARGET, OPENED>,
  attempt: ModelAttempt<TARGET, OPENED>,
  target: TARGET,
  call: AttemptCall,
): Promise<Head<OPENED>> {
  const { clock, timeouts } = run.parts.options
  const ms = timeouts.firstChunkMs
  const abort = new AbortController()
  const deadline = new Deadline({ clock, ms, outer: call.signal, late: () => run.late(ms, 'no first chunk') })
  const reading = (async (): Promise<Head<OPENED>> => {
    const opened = await attempt(target, { ...call, signal: abort.signal })
    const iterator = opened.chunks[Symbol.asyncIterator]() as AsyncIterator<ChunkOf<OPENED>>
    const chunks = await readHead(iterator, request)
    return { opened, iterator, chunks, abort: reason => abort.abort(reason) }
  })()
  try {
    return await deadline.race(reading)
  } catch (error) {
    // A late one has nobody who reads it.
    forget(reading.then(({ iterator }) => iterator.return?.()))
    abort.abort(error)
    throw error
  } finally {
    deadline.end()
  }
}

async function readHead<OPENED extends Opened<unknown>>(
  iterator: AsyncIterator<ChunkOf<OPENED>>,
  { isOpening, errorIn }: Pick<ModelStreamRequest<ModelTarget, OPENED>, 'isOpening' | 'errorIn'>,
): Promise<readonly ChunkOf<OPENED>[]> {
  const chunks: ChunkOf<OPENED>[] = []
  for (;;) {
    const { done, value } = await iterator.next()
    if (done === true) return chunks
    const failure = errorIn?.(value)
    if (failure !== undefined) {
      forget(Promise.resolve(iterator.return?.()))
      throw failure.error
    }
    chunks.push(value)
    if (isOpening?.(value) !== true) return chunks
  }
}
