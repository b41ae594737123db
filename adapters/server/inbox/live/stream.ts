import type { Clock } from 'countersign'
import type { Hub } from './hub.js'

/** Milliseconds between signs of life: proxies end connections that say nothing. */
const BEAT_MS = 20_000

/** What a stream needs. */
export interface StreamParts {
  readonly hub: Hub
  readonly clock: Clock
  readonly tenant: string | undefined
  /** Whether whoever listens is still signed in. */
  readonly mayListen: () => Promise<boolean>
  /** Called once the stream is over. */
  readonly left: () => void
}

/** Server-sent events: `changed` when the inbox is to be looked at again. They carry nothing else. */
export function eventStream({ hub, clock, tenant, mayListen, left }: StreamParts): Response {
  const encoder = new TextEncoder()
  let leave: (() => void) | undefined
  const body = new ReadableStream<Uint8Array>({
    start: controller => {
      let isOpen = true
      let stopBeat: (() => void) | undefined
      const quit = hub.join(tenant, () => void send('event: changed\ndata: \n\n'))
      leave = () => {
        isOpen = false
        quit()
        stopBeat?.()
        left()
      }
      const send = async (text: string): Promise<void> => {
        const may = await mayListen().catch(() => false)
        if (!isOpen) return
        if (may) return controller.enqueue(encoder.encode(text))
        leave?.()
        controller.close()
      }
      const beat = (): void => {
        stopBeat = clock.after(BEAT_MS, () => void send(': still here\n\n').finally(() => isOpen && beat()), true)
      }
      controller.enqueue(encoder.encode('retry: 2000\n\n'))
      beat()
    },
    cancel: () => leave?.(),
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } })
}
