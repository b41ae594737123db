import { encodeOutput } from '../call/encode.js'
import { isRecord } from '../call/record.js'
import type { StreamEvent } from './events.js'

/** Options of {@link toSSE}. */
export interface SSEOptions {
  /** What of an event goes to the page; nothing of it, where it answers `undefined`. @defaultValue {@link pageView} */
  readonly view?: (event: StreamEvent) => unknown
  /** What the page is told of an error. @defaultValue one sentence, the same for every error: a message may hold a secret */
  readonly describeError?: (error: unknown) => string
  /** Ends the stream, as the request's own signal does when the page is gone. */
  readonly signal?: AbortSignal
}

/**
 * Events as server-sent events, for any server that takes a web stream: `new Response(toSSE(events), { headers: sseHeaders })`.
 * Reads an event when the page has taken the one before; a page that goes away ends the run. An error becomes the last event, and
 * the stream ends as it should.
 */
export function toSSE(events: AsyncIterable<StreamEvent>, options: SSEOptions = {}): ReadableStream<Uint8Array> {
  const { view = pageView, describeError = () => 'the run could not be completed', signal } = options
  const iterator = events[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  const write = (controller: ReadableStreamDefaultController<Uint8Array>, name: string, data: unknown): void => {
    controller.enqueue(encoder.encode(`event: ${name}\ndata: ${encodeOutput(data)}\n\n`))
  }
  const stop = async (): Promise<void> => {
    await iterator.return?.()
  }
  return new ReadableStream<Uint8Array>(
    {
      pull: async controller => {
        try {
          for (;;) {
            signal?.throwIfAborted()
            const { done, value } = await iterator.next()
            if (done === true) return controller.close()
            const shown = view(value)
            if (shown !== undefined) return write(controller, value.type, shown)
          }
        } catch (error) {
          await stop().catch(() => undefined)
          write(controller, 'error', { type: 'error', message: describeError(error) })
          controller.close()
        }
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  )
}

/** The headers that go with {@link toSSE}. */
export const sseHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

/**
 * What a page may see: texts and calls as they come, of an execution how it ended and under which request it waits, of the
 * result its text. Arguments, outputs and decisions of executions stay on the server.
 */
export function pageView(event: StreamEvent): unknown {
  switch (event.type) {
    case 'execution_event': {
      const { tool, callId, status, seq, requestId, decision, approvalLoop } = event.event
      const approval = approvalLoop?.requestId ?? decision?.approvalId
      const reason = decision?.reason
      return { type: event.type, event: { tool, callId, status, seq, requestId, reason, approvalId: approval } }
    }
    case 'final_response': {
      const { text, execution, incomplete } = isRecord(event.response) ? event.response : {}
      const events: unknown = isRecord(execution) ? execution['events'] : undefined
      const statuses = Array.isArray(events) ? events.map(({ tool, callId, status }) => ({ tool, callId, status })) : []
      return { type: event.type, response: { text, incomplete, executions: statuses } }
    }
    case 'response_done': {
      const { response: _response, ...shown } = event
      return shown
    }
    case 'response_failed':
      return { ...event, error: event.error.code === undefined ? {} : { code: event.error.code } }
    default:
      return event
  }
}
