import { forget } from '../ambient.js'
import { keepAnswer } from './ask.js'
import type { Head } from './open.js'
import { PatientReader } from './patient-reader.js'
import type { ChunkOf, ModelStreamRequest, ModelTarget, Opened, TokenUsage } from './request.js'
import type { ModelRun } from './run.js'
import type { Settling } from './settling.js'

/** What a stream is read with. */
export interface StreamParts<OPENED extends Opened<unknown>> {
  readonly run: ModelRun<ModelTarget>
  readonly request: Omit<ModelStreamRequest<ModelTarget, OPENED>, 'targets'>
  readonly head: Head<OPENED>
  readonly settling: Settling
  /** Under which it is kept if it comes to its end. */
  readonly cacheKey: string | undefined
}

/** Longer streams are not kept. */
const MAX_KEPT = 10_000

/** A stream behind its first chunk: read as it is asked for, each chunk in time, and counted when it is over, however that is. */
export class ModelStream<OPENED extends Opened<unknown>> implements AsyncIterableIterator<ChunkOf<OPENED>> {
  readonly #parts: StreamParts<OPENED>
  readonly #waiting: ChunkOf<OPENED>[]
  readonly #kept: unknown[] = []
  readonly #reader: PatientReader
  #usage: TokenUsage | undefined
  #error: { readonly error: unknown } | undefined
  #isComplete = false
  #isOver = false

  constructor(parts: StreamParts<OPENED>) {
    this.#parts = parts
    this.#waiting = [...parts.head.chunks]
    const { deadline, parts: shared } = parts.run
    const { clock, timeouts } = shared.options
    const ms = timeouts.chunkMs
    this.#reader = new PatientReader({ clock, ms, late: () => parts.run.late(ms, 'no further chunk') })
    const { signal } = deadline
    if (signal.aborted) this.#stopped()
    else signal.addEventListener('abort', this.#stopped, { once: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<ChunkOf<OPENED>>> {
    const { run, head } = this.#parts
    if (this.#isOver) {
      run.deadline.signal.throwIfAborted()
      return { done: true, value: undefined }
    }
    try {
      const result = this.#waiting.length > 0 ? undefined : await this.#reader.read(head.iterator.next())
      const chunk = result === undefined ? this.#waiting.shift() : result.value
      if (result?.done === true) {
        await this.#end()
        return { done: true, value: undefined }
      }
      this.#note(chunk as ChunkOf<OPENED>)
      return { done: false, value: chunk as ChunkOf<OPENED> }
    } catch (error) {
      this.#error ??= { error }
      head.abort(error)
      await this.#end()
      throw error
    }
  }

  /** Whoever reads has had enough. */
  async return(): Promise<IteratorResult<ChunkOf<OPENED>>> {
    if (this.#isOver) return { done: true, value: undefined }
    const { head } = this.#parts
    const ended = this.#end()
    forget(Promise.resolve(head.iterator.return?.()))
    head.abort(new DOMException('nobody reads the stream any more', 'AbortError'))
    await ended
    return { done: true, value: undefined }
  }

  #note(chunk: ChunkOf<OPENED>): void {
    const { usage, errorIn, isLast, copies } = this.#parts.request
    this.#usage = usage(chunk) ?? this.#usage
    this.#error ??= errorIn?.(chunk)
    this.#isComplete ||= isLast?.(chunk) === true
    if (this.#parts.cacheKey === undefined || this.#kept.length > MAX_KEPT) return
    try {
      // At once: whoever reads may change what they get.
      this.#kept.push((copies?.keep ?? structuredClone)(chunk))
    } catch (error) {
      this.#error ??= { error: new TypeError('a chunk cannot be copied', { cause: error }) }
    }
  }

  /** The deadline, or the caller's signal: also where nobody reads. */
  readonly #stopped = (): void => {
    const { reason } = this.#parts.run.deadline.signal as { readonly reason: unknown }
    this.#error ??= { error: reason }
    this.#reader.end(reason)
    this.#parts.head.abort(reason)
    forget(this.#end())
  }

  async #end(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#reader.end()
    const { run, settling } = this.#parts
    run.deadline.signal.removeEventListener('abort', this.#stopped)
    const usage = this.#usage
    await run.settle(settling, usage)
    if (this.#error !== undefined) run.failed(this.#error.error, usage)
    else {
      if (this.#isComplete) this.#keep()
      run.succeeded(usage)
    }
  }

  #keep(): void {
    const { run, head, cacheKey } = this.#parts
    if (cacheKey === undefined || this.#kept.length > MAX_KEPT) return
    const { chunks: _, ...rest } = head.opened
    keepAnswer(run.parts, cacheKey, () => ({ rest: structuredClone(rest), chunks: this.#kept }))
  }
}
