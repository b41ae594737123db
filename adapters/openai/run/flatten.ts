/**
 * A stretch of a stream that an inner generator hands out whole: whoever flattens it reads its parts directly, instead of through
 * every generator in between. What became of it is then found here.
 */
export class Segment<EVENT = unknown> {
  readonly parts: AsyncIterator<unknown>
  readonly #map: (part: unknown) => readonly EVENT[]
  readonly #isOver: () => boolean
  /** Why it broke off. */
  failure: { readonly error: unknown } | undefined

  /** @param isOver whether nothing after the part that was taken last belongs to it */
  constructor(parts: AsyncIterator<unknown>, map: (part: unknown) => readonly EVENT[], isOver: () => boolean) {
    this.parts = parts
    this.#map = map
    this.#isOver = isOver
  }

  /** Whether it is not to be read on. */
  get isOver(): boolean {
    return this.failure !== undefined || this.#isOver()
  }

  /** The events of a part. What mapping throws breaks it off. */
  take(part: unknown): readonly EVENT[] {
    try {
      return this.#map(part)
    } catch (error) {
      this.fail(error)
      return []
    }
  }

  fail(error: unknown): void {
    this.failure = { error }
  }
}

type Step<EVENT, RESULT> = Promise<IteratorResult<EVENT, RESULT>>

/** A generator with its segments read out: one promise for each part, however many generators made it. */
export function flattened<EVENT, RESULT>(
  inner: AsyncGenerator<EVENT | Segment<EVENT>, RESULT, undefined>,
): AsyncGenerator<EVENT, RESULT, undefined> {
  return new Flattened(inner)
}

class Flattened<EVENT, RESULT> implements AsyncGenerator<EVENT, RESULT, undefined> {
  readonly #inner: AsyncGenerator<EVENT | Segment<EVENT>, RESULT, undefined>
  readonly #queue: EVENT[] = []
  #segment: Segment<EVENT> | undefined
  /** Steps that were asked for and have not been taken. */
  #open = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(inner: AsyncGenerator<EVENT | Segment<EVENT>, RESULT, undefined>) {
    this.#inner = inner
  }

  next(): Step<EVENT, RESULT> {
    return this.#enqueue(this.#step)
  }

  return(value: RESULT | PromiseLike<RESULT>): Step<EVENT, RESULT> {
    return this.#enqueue(async () => {
      await this.#leave()
      const result = await this.#inner.return(value)
      return this.#give(result as IteratorResult<EVENT, RESULT>)
    })
  }

  throw(error: unknown): Step<EVENT, RESULT> {
    return this.#enqueue(async () => {
      await this.#leave()
      const result = await this.#inner.throw(error)
      return this.#give(result as IteratorResult<EVENT, RESULT>)
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return(undefined as RESULT)
  }

  /** Steps are taken one after the other, as a generator takes them. */
  #enqueue(step: () => Step<EVENT, RESULT>): Step<EVENT, RESULT> {
    const taken = this.#open === 0 ? step() : this.#last.then(step, step)
    this.#open++
    this.#last = taken
    return taken
  }

  readonly #step = (): Step<EVENT, RESULT> => {
    if (this.#queue.length > 0) return Promise.resolve(this.#give({ done: false, value: this.#queue.shift() as EVENT }))
    return this.#segment === undefined
      ? this.#inner.next().then(this.#onInner, this.#onError)
      : this.#segment.parts.next().then(this.#onPart, this.#onBroken)
  }

  readonly #onInner = (
    result: IteratorResult<EVENT | Segment<EVENT>, RESULT>,
  ): IteratorResult<EVENT, RESULT> | Step<EVENT, RESULT> => {
    if (result.done !== true && result.value instanceof Segment) {
      this.#segment = result.value
      return this.#step()
    }
    return this.#give(result as IteratorResult<EVENT, RESULT>)
  }

  readonly #onPart = (part: IteratorResult<unknown>): IteratorResult<EVENT, RESULT> | Step<EVENT, RESULT> => {
    const segment = this.#segment as Segment<EVENT>
    if (part.done === true) {
      this.#segment = undefined
      return this.#step()
    }
    const events = segment.take(part.value)
    for (let index = 1; index < events.length; index++) this.#queue.push(events[index] as EVENT)
    if (segment.failure !== undefined) return this.#leave().then(() => this.#first(events))
    if (segment.isOver) {
      this.#segment = undefined
      letEnd(segment.parts)
    }
    return this.#first(events)
  }

  readonly #onBroken = (error: unknown): Step<EVENT, RESULT> => {
    this.#segment?.fail(error)
    this.#segment = undefined
    return this.#step()
  }

  readonly #onError = (error: unknown): never => {
    this.#open--
    throw error
  }

  #first(events: readonly EVENT[]): IteratorResult<EVENT, RESULT> | Step<EVENT, RESULT> {
    return events.length === 0 ? this.#step() : this.#give({ done: false, value: events[0] as EVENT })
  }

  #give(result: IteratorResult<EVENT, RESULT>): IteratorResult<EVENT, RESULT> {
    this.#open--
    return result
  }

  /** Lets go of a stream that is not read on. */
  async #leave(): Promise<void> {
    const segment = this.#segment
    this.#segment = undefined
    // It may be broken already: then that is known, and letting go of it adds nothing.
    await segment?.parts.return?.().catch(() => undefined)
  }
}

/** One more step lets a stream end by itself, so that its connection can be used again. Nobody waits for it. */
function letEnd(parts: AsyncIterator<unknown>): void {
  const ending = parts.next().then(async ({ done }) => (done === true ? undefined : parts.return?.()))
  ending.catch(() => undefined)
}
