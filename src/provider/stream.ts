import { ModelStream } from './model-stream.js'
import { type Head, open } from './open.js'
import type { ChunkOf, Copies, ModelAttempt, ModelStreamRequest, ModelTarget, Opened } from './request.js'
import { ModelRun, type RunParts } from './run.js'
import { send } from './send.js'

/** What the cache has of a stream. */
interface KeptStream {
  readonly rest: object
  readonly chunks: readonly unknown[]
}

/** Has a request answered by a stream. It is there when its first chunk is. */
export async function stream<TARGET extends ModelTarget, OPENED extends Opened<unknown>>(
  parts: RunParts,
  request: ModelStreamRequest<TARGET, OPENED>,
  attempt: ModelAttempt<TARGET, OPENED>,
): Promise<OPENED> {
  const run = new ModelRun(parts, request)
  try {
    request.signal?.throwIfAborted()
    const cached = request.isLast === undefined ? undefined : await run.cached('stream')
    if (cached !== undefined && 'kept' in cached) {
      run.succeeded(undefined)
      return replay<OPENED>(cached.kept as KeptStream, request.copies)
    }
    const sent = await send<TARGET, Head<OPENED>>(run, (target, call) => open(run, request, attempt, target, call))
    run.began()
    const { answer: head, target, reservation, turn } = sent
    // What another model said in its place is not what this one says.
    const cacheKey = target === request.targets[0] ? cached?.key : undefined
    const settling = { reservation, turn }
    const chunks = new ModelStream<OPENED>({ run, request, head, settling, cacheKey })
    return { ...head.opened, chunks }
  } catch (error) {
    run.failed(error)
    throw error
  }
}

function replay<OPENED extends Opened<unknown>>(
  { rest, chunks }: KeptStream,
  copies: Copies<ChunkOf<OPENED>> | undefined,
): OPENED {
  const give = copies?.give ?? (kept => structuredClone(kept) as ChunkOf<OPENED>)
  const given = (async function* () {
    for (const chunk of chunks) yield give(chunk)
  })()
  // What was kept is what was opened, chunks apart.
  return { ...structuredClone(rest), chunks: given } as unknown as OPENED
}
