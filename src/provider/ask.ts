import { Deadline } from '../service/deadline.js'
import type { ModelAttempt, ModelRequest, ModelTarget, TokenUsage } from './request.js'
import { ModelRun, type RunParts } from './run.js'
import { send } from './send.js'

/** Has a request answered that is answered at once: from the cache, or by the first of its models that can. */
export async function ask<TARGET extends ModelTarget, ANSWER>(
  parts: RunParts,
  request: ModelRequest<TARGET, ANSWER>,
  attempt: ModelAttempt<TARGET, ANSWER>,
): Promise<ANSWER> {
  const run = new ModelRun(parts, request)
  const { attemptMs } = parts.options.timeouts
  const { keep, give } = request.copies ?? { keep: structuredClone, give: kept => structuredClone(kept) as ANSWER }
  let usage: TokenUsage | undefined
  try {
    request.signal?.throwIfAborted()
    const cached = await run.cached('answer')
    if (cached !== undefined && 'kept' in cached) {
      const answer = give(cached.kept)
      run.succeeded(undefined)
      return answer
    }
    const sent = await send(run, async (target, { signal, attempt: number }) => {
      const { clock } = parts.options
      const deadline = new Deadline({ clock, ms: attemptMs, outer: signal, late: () => run.late(attemptMs) })
      const once = async (): Promise<ANSWER> => attempt(target, { signal: deadline.signal, attempt: number })
      try {
        return await deadline.race(once())
      } finally {
        deadline.end()
      }
    })
    const { answer, target } = sent
    usage = request.usage(answer)
    await run.settle(sent, usage)
    // Whoever has lost interest gets no answer, however late they have.
    request.signal?.throwIfAborted()
    run.succeeded(usage)
    // What another model said in its place is not what this one says.
    if (cached !== undefined && target === request.targets[0]) keepAnswer(parts, cached.key, () => keep(answer))
    return answer
  } catch (error) {
    run.failed(error, usage)
    throw error
  }
}

/** What cannot be copied cannot be kept. */
export function keepAnswer({ cache }: RunParts, key: string, keep: () => unknown): void {
  try {
    cache?.put(key, keep())
  } catch {
    // Then the next one asks again.
  }
}
