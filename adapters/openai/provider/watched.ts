import { letEnd } from '../run/flatten.js'

/** How a stream broke off: its last part, where that says so, or what was thrown. */
export interface Broken {
  readonly error: unknown
  readonly part?: unknown
}

/** The parts of a stream until the one that ends the answer. */
export async function* watched(
  stream: AsyncIterable<unknown>,
  ends: (part: unknown) => boolean,
  onBroken: (broken: Broken) => void,
): AsyncGenerator<unknown, void, undefined> {
  const parts = stream[Symbol.asyncIterator]()
  let isLeft = true
  try {
    for (;;) {
      const { done, value } = await parts.next()
      if (done === true) {
        isLeft = false
        return
      }
      yield value
      if (!ends(value)) continue
      isLeft = false
      letEnd(parts)
      return
    }
  } catch (error) {
    isLeft = false
    onBroken({ error })
    throw error
  } finally {
    if (isLeft) await parts.return?.()
  }
}

/** The same parts; what they took is counted before the last one is handed on, so that the next request knows of it. */
export async function* counted(
  stream: AsyncIterable<unknown>,
  ends: (part: unknown) => boolean,
): AsyncGenerator<unknown, void, undefined> {
  const parts = stream[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await parts.next()
      if (done === true) return
      if (ends(value)) await parts.next()
      yield value
    }
  } finally {
    await parts.return?.()
  }
}

/** A stream that is nothing but how it broke off: it is told of as one that broke off later is. */
export async function* brokenOff({ error, part }: Broken): AsyncGenerator<unknown, void, undefined> {
  if (part === undefined) throw error
  yield part
}
