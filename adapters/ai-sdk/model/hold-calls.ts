import { type Ahead, decideAhead } from './decide-ahead.js'
import type { Part } from './model-like.js'

/**
 * Holds back a stream's tool calls until all have come, so that they can be decided together: the SDK asks about each as it
 * passes. What comes after the first of them waits with it, so that all stays in order, but for the inputs of further calls.
 */
export function holdCalls(stream: ReadableStream<Part>, ahead: Ahead): ReadableStream<Part> {
  let held: Part[] = []
  const release = (controller: TransformStreamDefaultController<Part>): void => {
    for (const part of held) controller.enqueue(part)
    held = []
  }
  const hold = new TransformStream<Part, Part>({
    transform: async (part, controller) => {
      if (part.type === 'finish') {
        await decideAhead(ahead, held)
        release(controller)
        controller.enqueue(part)
        return
      }
      if (part.type === 'error') release(controller)
      const waits = part.type === 'tool-call' || (held.length > 0 && !part.type.startsWith('tool-input-'))
      if (waits && part.type !== 'error') held.push(part)
      else controller.enqueue(part)
    },
    flush: release,
  })
  return stream.pipeThrough(hold)
}
