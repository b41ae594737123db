/** Reads a stream; some runtimes cannot do that with `for await`. */
export function chunksOf<T>(stream: ReadableStream<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => {
      const reader = stream.getReader()
      return {
        next: async () => {
          const { done, value } = await reader.read()
          return done ? { done, value: undefined } : { done, value }
        },
        return: async () => {
          await reader.cancel()
          return { done: true, value: undefined }
        },
      }
    },
  }
}

/** A stream of what is read only as fast as it is asked for. */
export function streamOf<T>(chunks: AsyncIterable<T>): ReadableStream<T> {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream<T>(
    {
      pull: async controller => {
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
