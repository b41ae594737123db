import type { UIMessageChunk } from 'ai'
import type { Governor } from 'countersign'
import { type CallNews, isComplete, lookUp, newsOf, withNews } from './call-news.js'
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
 * gets one `data-governance` part with the call's id, updated as its request is answered and its execution ends, and a
 * request for approval gets the decision as `approvalDescriptor`. Only calls of this stream are shown, each after the
 * call itself. Make one per request, before the model is asked: it hears from the moment it is made until the stream ends
 * or is cancelled.
 *
 * @throws GovernanceError `invalid-option` for a governor that is none
 */
export function governanceStream<CHUNK extends UIMessageChunk = UIMessageChunk>({
  governor,
  transient = false,
}: GovernanceStreamOptions): TransformStream<CHUNK, CHUNK> {
  checkGovernor(governor)
  const ours = new Set<string>()
  const latest = new Map<string, CallNews>()
  const lookups = new Set<Promise<void>>()
  let stop: (() => void) | undefined

  /** The reader may be gone; that is no reason to fail a call. */
  const show = (news: CallNews, controller: TransformStreamDefaultController<CHUNK>): void => {
    const data = uiDataOf(news)
    if (data === undefined) return
    try {
      controller.enqueue(dataChunk(data, transient) as CHUNK)
    } catch {
      stop?.()
    }
  }
  const showSoon = async (
    id: string,
    news: CallNews,
    controller: TransformStreamDefaultController<CHUNK>,
  ): Promise<void> => {
    const found = await lookUp(news, governor).catch(() => news)
    const known = latest.get(id)
    const complete = known?.decisionId === found.decisionId ? { ...found, ...known } : found
    latest.set(id, complete)
    show(complete, controller)
  }
  const tell = (id: string, controller: TransformStreamDefaultController<CHUNK>): void => {
    const news = latest.get(id)
    if (news === undefined) return
    if (isComplete(news)) return show(news, controller)
    const lookup = showSoon(id, news, controller).finally(() => lookups.delete(lookup))
    lookups.add(lookup)
  }
  const transformer: Transformer<CHUNK, CHUNK> & { cancel: () => void } = {
    start: controller => {
      stop = governor.on(event => {
        const heard = newsOf(event)
        if (heard === undefined) return
        const { toolCallId, news } = heard
        remember(latest, ours, toolCallId, news)
        if (ours.has(toolCallId)) tell(toolCallId, controller)
      })
    },
    transform: (chunk, controller) => {
      const toolCallId = toolCallIdOf(chunk)
      const news = toolCallId === undefined ? undefined : latest.get(toolCallId)
      controller.enqueue(described(chunk, news === undefined ? undefined : uiDataOf(news)))
      if (toolCallId === undefined || ours.has(toolCallId)) return
      ours.add(toolCallId)
      tell(toolCallId, controller)
    },
    flush: async () => {
      stop?.()
      await Promise.all(lookups)
    },
    cancel: () => stop?.(),
  }
  return new TransformStream(transformer)
}

function remember(latest: Map<string, CallNews>, ours: ReadonlySet<string>, id: string, news: CallNews): void {
  latest.set(id, withNews(latest.get(id), news))
  if (latest.size - ours.size <= MAX_WAITING) return
  for (const known of latest.keys()) {
    if (ours.has(known)) continue
    latest.delete(known)
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
