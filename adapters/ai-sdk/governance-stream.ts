import type { UIMessageChunk } from 'ai'
import type { Governor } from 'countersign'
import { checkGovernor } from './govern.js'
import { type GovernanceUIData, uiDataOf } from './ui-data.js'

/** Where decisions are heard, and how they are shown. */
export interface GovernanceStreamOptions {
  /** The governor or session the tools of this request were governed with. */
  readonly governor: Governor
  /** Whether the parts only pass by, and are not kept in the message. @defaultValue false */
  readonly transient?: boolean
}

/** Calls of other requests are heard too when they share a governor; so many are kept until one turns out to be ours. */
const MAX_WAITING = 1000

/**
 * Puts decisions into a UI message stream: `toUIMessageStream(…).pipeThrough(governanceStream({ governor }))`. Each call
 * gets one `data-governance` part with the call's id, updated when its execution has ended, and a request for approval
 * gets the decision as `approvalDescriptor`. Only calls of this stream are shown, each after the call itself. Make one
 * per request, before the model is asked: it hears from the moment it is made until the stream ends or is cancelled.
 *
 * @throws GovernanceError `invalid-option` for a governor that is none
 */
export function governanceStream<CHUNK extends UIMessageChunk = UIMessageChunk>({
  governor,
  transient = false,
}: GovernanceStreamOptions): TransformStream<CHUNK, CHUNK> {
  checkGovernor(governor)
  const ours = new Set<string>()
  const latest = new Map<string, GovernanceUIData>()
  let stop: (() => void) | undefined

  /** The reader may be gone; that is no reason to fail a call. */
  const show = (data: GovernanceUIData, controller: TransformStreamDefaultController<CHUNK>): void => {
    try {
      controller.enqueue(dataChunk(data, transient) as CHUNK)
    } catch {
      stop?.()
    }
  }
  const hear = (data: GovernanceUIData, controller: TransformStreamDefaultController<CHUNK>): void => {
    remember(latest, ours, data)
    if (ours.has(data.toolCallId)) show(data, controller)
  }
  const transformer: Transformer<CHUNK, CHUNK> & { cancel: () => void } = {
    start: controller => {
      stop = governor.on(event => {
        const data = uiDataOf(event)
        if (data !== undefined) hear(data, controller)
      })
    },
    transform: (chunk, controller) => {
      const toolCallId = toolCallIdOf(chunk)
      const data = toolCallId === undefined ? undefined : latest.get(toolCallId)
      controller.enqueue(described(chunk, data))
      if (toolCallId === undefined || ours.has(toolCallId)) return
      ours.add(toolCallId)
      if (data !== undefined) show(data, controller)
    },
    flush: () => stop?.(),
    cancel: () => stop?.(),
  }
  return new TransformStream(transformer)
}

function remember(latest: Map<string, GovernanceUIData>, ours: ReadonlySet<string>, data: GovernanceUIData): void {
  latest.set(data.toolCallId, data)
  if (latest.size - ours.size <= MAX_WAITING) return
  for (const id of latest.keys()) {
    if (ours.has(id)) continue
    latest.delete(id)
    return
  }
}

/** One part per call: the id makes the page replace what it had. */
function dataChunk(data: GovernanceUIData, transient: boolean): UIMessageChunk {
  const chunk = { type: 'data-governance', id: data.toolCallId, data } as const
  return transient ? { ...chunk, transient } : chunk
}

/** Automatic requests are answered already; on others, the page shows the decision beside the question. */
function described<CHUNK extends UIMessageChunk>(chunk: CHUNK, data: GovernanceUIData | undefined): CHUNK {
  return chunk.type === 'tool-approval-request' && data !== undefined ? { ...chunk, approvalDescriptor: data } : chunk
}

function toolCallIdOf(chunk: UIMessageChunk): string | undefined {
  return 'toolCallId' in chunk && typeof chunk.toolCallId === 'string' ? chunk.toolCallId : undefined
}
