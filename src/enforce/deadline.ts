import { type Clock, isPromiseLike } from '../ambient.js'
import { GovernanceError } from '../errors.js'
import type { Awaitable } from '../types.js'

/**
 * Waits for work no longer than `ms`. A late answer is not an answer: it is dropped, and its rejection is swallowed.
 *
 * @throws GovernanceError `evaluation-failed` when the time is up
 */
export function withDeadline<T>(
  work: PromiseLike<T>,
  ms: number,
  clock: Clock,
  abort?: { readonly abort: (reason: unknown) => void },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      const late = new GovernanceError('evaluation-failed', `no answer within ${ms} ms`)
      reject(late)
      abort?.abort(late)
    })
    // Whoever wrote the work may have written its `then` too.
    Promise.resolve(work).then(resolve, reject).then(cancel, cancel)
  })
}

/** What is there at once costs nothing; what must be waited for has a {@link withDeadline deadline}. */
export function inTime<T>(work: Awaitable<T>, ms: number, clock: Clock): Awaitable<T> {
  return isPromiseLike(work) ? withDeadline(work, ms, clock) : work
}
